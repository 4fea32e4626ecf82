"""Security headers: one policy for every page, without exception."""

from flask import Flask, Response, request

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self' http://127.0.0.1:18650; object-src 'none'; base-uri 'self'; form-action 'self'; "
    "frame-ancestors {ancestors}"
)


def install(app: Flask) -> None:
    """Lay the headers on every answer."""

    @app.after_request
    def protect(answer: Response) -> Response:
        is_paper = answer.mimetype == "application/pdf"  # previews stand in a frame of our own pages
        ancestors = "'self'" if is_paper else "'none'"
        headers = answer.headers
        headers["Content-Security-Policy"] = POLICY.format(ancestors=ancestors)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "same-origin"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(), microphone=(), geolocation=()"
        if app.extensions["his_settings"].environment == "production":
            headers["Strict-Transport-Security"] = "max-age=31536000"
        if request.endpoint != "static" and "Cache-Control" not in headers:
            headers["Cache-Control"] = "no-store"
        return answer
