"""The logo of a centre: what is taken, who sees it, and where it stands."""

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from PIL import Image, PngImagePlugin
from support.outpatients import make_patient, register
from werkzeug.datastructures import FileStorage

from app.actor import Actor
from app.tenancy import tenant_of
from tenants import pictures, style


def picture(
    size: tuple[int, int] = (120, 40), kind: str = "PNG", colour: str = "#1f6f8b", **options: Any
) -> bytes:
    """A picture file of one colour."""
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, kind, **options)
    return out.getvalue()


def bring(client: Any, content: bytes, name: str = "logo.png") -> Any:
    """Send a file from the settings page."""
    file = FileStorage(BytesIO(content), filename=name)
    return client.post("/centre/logo", data={"content": file}, content_type="multipart/form-data")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A small file that says it is a huge picture."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + _chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + _chunk(b"IEND", b"")


GIF = BytesIO()
Image.new("RGB", (40, 40)).save(GIF, "GIF")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
REFUSED = {
    "nothing": b"",
    "text": b"not a picture" * 5,
    "svg": SVG,
    "gif": GIF.getvalue(),
    "pdf": b"%PDF-1.7\n1 0 obj\n<< /OpenAction << /S /JavaScript /JS (app.alert(1)) >> >>",
    "program": b"MZ" + bytes(400),
    "cut": picture()[:60],
    "bomb": bomb(),
    "wide": bomb(5_000, 20),
    "tiny": picture((8, 8)),
    "large": picture() + bytes(pictures.LARGEST),
}


@pytest.mark.one_engine
@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.control("APP-06")
def test_what_is_no_small_picture_is_refused(what: str) -> None:
    with pytest.raises(pictures.NotAPicture):
        pictures.redrawn(REFUSED[what])


@pytest.mark.one_engine
@pytest.mark.control("APP-06")
def test_a_picture_is_drawn_anew_without_what_came_with_it() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "张三 13812345678")
    brought = picture(pnginfo=notes) + b"<script>alert(1)</script>"
    kept = pictures.redrawn(brought)
    assert kept.content.startswith(b"\x89PNG")
    assert b"13812345678" not in kept.content
    assert b"script" not in kept.content
    assert Image.open(BytesIO(kept.content)).getpixel((3, 3)) == (0x1F, 0x6F, 0x8B)


@pytest.mark.one_engine
def test_a_photograph_is_kept_upright_and_small() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # lies on its side
    exif[0x010E] = "where it was taken"
    kept = pictures.redrawn(picture((900, 600), "JPEG", exif=exif))
    assert kept.height <= pictures.KEPT[1]
    assert kept.height > kept.width
    assert b"where" not in kept.content


@pytest.mark.one_engine
def test_what_can_be_seen_through_stays_so() -> None:
    out = BytesIO()
    Image.new("RGBA", (50, 50), (10, 20, 30, 0)).save(out, "PNG")
    assert Image.open(BytesIO(pictures.redrawn(out.getvalue()).content)).getpixel((0, 0)) == (10, 20, 30, 0)


def test_a_logo_stands_in_the_head_of_every_page_until_it_is_removed(
    sign_in: Callable[[str], Any], administrator: Actor
) -> None:
    client, doctor = sign_in("administrator"), sign_in("doctor")
    assert 'class="app-logo"' not in doctor.get("/home").text
    assert bring(client, picture()).status_code == 303
    digest = tenant_of(administrator.tenant_id).logo
    page = doctor.get("/home").text
    assert f'class="app-logo" src="/theme/logo/{digest}.png"' in page
    answer = doctor.get(f"/theme/logo/{digest}.png")
    assert answer.mimetype == "image/png"
    assert "immutable" in answer.headers["Cache-Control"]
    assert "private" in answer.headers["Cache-Control"]
    tag = {"If-None-Match": answer.headers["ETag"]}
    assert doctor.get(f"/theme/logo/{digest}.png", headers=tag).status_code == 304
    assert client.post("/centre/logo/removal").status_code == 303
    assert 'class="app-logo"' not in doctor.get("/home").text
    assert doctor.get(f"/theme/logo/{digest}.png").status_code == 404


def test_another_logo_takes_the_place_and_the_address_of_the_first(
    sign_in: Callable[[str], Any], administrator: Actor
) -> None:
    client = sign_in("administrator")
    bring(client, picture())
    first = tenant_of(administrator.tenant_id).logo
    bring(client, picture(colour="#7a4b94"))
    second = tenant_of(administrator.tenant_id).logo
    assert first != second
    assert client.get(f"/theme/logo/{first}.png").status_code == 404
    assert client.get(f"/theme/logo/{second}.png").status_code == 200


@pytest.mark.control("APP-06")
def test_a_bad_file_is_refused_on_its_field_whatever_its_name_says(
    sign_in: Callable[[str], Any], administrator: Actor
) -> None:
    client = sign_in("administrator")
    for content, words in ((SVG, "不是 PNG"), (b"", "请选择"), (bytes(pictures.LARGEST + 1), "200 KB")):
        answer = bring(client, content)
        assert answer.status_code == 422
        assert 'id="f-content-error"' in answer.text
        assert words in answer.text
    assert tenant_of(administrator.tenant_id).logo == ""


@pytest.mark.control("APP-06")
def test_a_logo_is_of_its_own_centre_and_of_people_who_are_signed_in(
    app: Any, sign_in: Callable[..., Any], administrator: Actor
) -> None:
    bring(sign_in("administrator"), picture())
    digest = tenant_of(administrator.tenant_id).logo
    stranger = app.test_client()
    assert stranger.get(f"/theme/logo/{digest}.png").status_code == 303
    assert "app-logo" not in stranger.get("/sign-in").text
    other = sign_in("doctor", "c2")
    assert other.get(f"/theme/logo/{digest}.png").status_code == 404
    assert 'class="app-logo"' not in other.get("/home").text


def test_only_who_changes_settings_changes_the_logo(sign_in: Callable[[str], Any]) -> None:
    assert bring(sign_in("doctor"), picture()).status_code == 403
    assert sign_in("doctor").post("/centre/logo/removal").status_code == 403


def test_papers_carry_the_logo_inside(
    sign_in: Callable[[str], Any],
    administrator: Actor,
    registrar: Actor,
    doctor: Actor,
    ours: dict[str, Any],
) -> None:
    bare = register(ours, make_patient(registrar), registrar=registrar, doctor=doctor)
    assert b"/Image" not in sign_in("registrar").get(f"/registration/visits/{bare.id}/ticket").data
    assert style.letterhead(administrator.tenant_id).logo == ""
    bring(sign_in("administrator"), picture())
    head = style.letterhead(administrator.tenant_id)
    visit = register(ours, make_patient(registrar), registrar=registrar, doctor=doctor)
    assert b"/Image" in sign_in("registrar").get(f"/registration/visits/{visit.id}/ticket").data
    assert head.logo.startswith("data:image/png;base64,")
    assert str(head) == tenant_of(administrator.tenant_id).name
