"""Drugs and service items, shared by the district (control database)."""

from decimal import Decimal
from typing import Any

from sqlalchemy import Index, Integer, Unicode, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import Control, choice_column, id_column, quantity_column, search_key_column
from app.i18n import N_, Choice


class DrugKind(Choice):
    """What a drug is, and so which prescription it may stand on."""

    WESTERN = "W", N_("Western drug")
    PATENT = "P", N_("Chinese patent medicine")
    HERB = "H", N_("Herbal slice")


class FeeClass(Choice):
    """Fee classes of the insurance interface (med_chrgitm_type); invoice line and account follow."""

    BED = "01", N_("Bed fee")
    CONSULTATION = "02", N_("Consultation fee")
    EXAMINATION = "03", N_("Examination fee")
    LABORATORY = "04", N_("Laboratory fee")
    TREATMENT = "05", N_("Treatment fee")
    SURGERY = "06", N_("Surgery fee")
    NURSING = "07", N_("Nursing fee")
    MATERIAL = "08", N_("Materials fee")
    WESTERN_DRUG = "09", N_("Western drugs")
    HERB = "10", N_("Herbal slices")
    PATENT_MEDICINE = "11", N_("Chinese patent medicines")
    GENERAL_TREATMENT = "12", N_("General treatment fee")
    REGISTRATION = "13", N_("Registration fee")
    OTHER = "14", N_("Other fees")


FEE_CLASS_OF_DRUG = {
    DrugKind.WESTERN: FeeClass.WESTERN_DRUG,
    DrugKind.PATENT: FeeClass.PATENT_MEDICINE,
    DrugKind.HERB: FeeClass.HERB,
}


class Drug(Control):
    """A drug: identity, pack and loose units, ingredients and classes, limits of dose and age."""

    __tablename__ = "catalogue_drug"
    __table_args__ = (
        UniqueConstraint("code"),
        Index("ix_catalogue_drug_initials", "initials"),
        Index("ix_catalogue_drug_name", "name"),
    )

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(30))
    name: Mapped[str] = mapped_column(Unicode(100))  # generic name (通用名)
    inn: Mapped[str] = mapped_column(Unicode(150), default="")
    initials: Mapped[str] = search_key_column(60)
    pinyin: Mapped[str] = search_key_column(200)
    kind: Mapped[DrugKind] = choice_column(DrugKind)
    form: Mapped[str] = mapped_column(Unicode(30))
    strength: Mapped[str] = mapped_column(Unicode(60))
    min_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_unit: Mapped[str] = mapped_column(Unicode(10))
    pack_factor: Mapped[int] = mapped_column(Integer)  # minimum units in a pack
    dose_unit: Mapped[str] = mapped_column(Unicode(10))
    dose_per_min_unit: Mapped[Decimal] = quantity_column()
    is_splittable: Mapped[bool] = mapped_column(default=True)
    rounds_up_each_dose: Mapped[bool] = mapped_column(
        default=False
    )  # ampoules and vials, not kept after opening
    is_essential: Mapped[bool] = mapped_column(default=False)
    insurance_class: Mapped[str] = mapped_column(Unicode(4), default="")
    antimicrobial_level: Mapped[int] = mapped_column(Integer, default=0)
    needs_skin_test: Mapped[bool] = mapped_column(default=False)
    special_control: Mapped[str] = mapped_column(Unicode(30), default="")
    prescription_class: Mapped[str] = mapped_column(Unicode(10), default="")
    default_route: Mapped[str] = mapped_column(Unicode(20), default="")
    default_frequency: Mapped[str] = mapped_column(Unicode(20), default="")
    ingredients: Mapped[list[Any]] = mapped_column(default=list)
    herbs: Mapped[list[Any]] = mapped_column(
        default=list
    )  # herb keys of the incompatibility and ceiling tables
    classes: Mapped[list[Any]] = mapped_column(default=list)  # pharmacological classes
    allergy_classes: Mapped[list[Any]] = mapped_column(default=list)
    single_max: Mapped[Decimal | None] = quantity_column()  # in dose units
    daily_max: Mapped[Decimal | None] = quantity_column()
    block_below_years: Mapped[int | None] = mapped_column(Integer)
    warn_below_years: Mapped[int | None] = mapped_column(Integer)
    pregnancy: Mapped[str] = mapped_column(Unicode(20), default="unknown")
    lactation: Mapped[str] = mapped_column(Unicode(20), default="unknown")
    safety_note: Mapped[str] = mapped_column(Unicode(300), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    __mapper_args__ = {"version_id_col": version}

    @property
    def fee_class(self) -> FeeClass:
        """Where its money goes on the invoice."""
        return FEE_CLASS_OF_DRUG[self.kind]


class ServiceItem(Control):
    """A service or material a centre charges for (收费项目)."""

    __tablename__ = "catalogue_service_item"
    __table_args__ = (UniqueConstraint("code"),)

    id: Mapped[int] = id_column()
    code: Mapped[str] = mapped_column(Unicode(30))
    name: Mapped[str] = mapped_column(Unicode(100))
    initials: Mapped[str] = search_key_column(60)
    unit: Mapped[str] = mapped_column(Unicode(10))
    fee_class: Mapped[FeeClass] = choice_column(FeeClass)
    insurance_class: Mapped[str] = mapped_column(Unicode(4), default="")
    department_hint: Mapped[str] = mapped_column(Unicode(30), default="")
    is_active: Mapped[bool] = mapped_column(default=True)
