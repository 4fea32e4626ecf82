"""What residents come with: complaint, findings, diagnosis and the drugs a careful doctor would choose."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class DrugUse:
    """One line of a prescription: drug code, dose in the drug's dose unit, route, frequency, days."""

    code: str
    dose: Decimal
    route: str
    frequency: str
    days: int


@dataclass(frozen=True, slots=True)
class Complaint:
    """A reason for a visit."""

    chief: str
    illness: str
    signs: str
    advice: str
    diagnoses: tuple[str, ...]  # main one first
    drugs: tuple[DrugUse, ...]
    least_age: int
    greatest_age: int
    weight: int
    is_herbal: bool = False
    doses: int = 7


def _use(code: str, dose: str, route: str, frequency: str, days: int) -> DrugUse:
    return DrugUse(code, Decimal(dose), route, frequency, days)


COMPLAINTS = (
    Complaint(
        "发现血压升高5年,复诊取药",
        "规律服药,近期家中自测血压140/85 mmHg左右,无头晕、胸闷。",
        "心率76次/分,律齐,双下肢无水肿。",
        "低盐饮食,规律服药,两周后复测血压。",
        ("I10.x00x002",),
        (_use("D0053", "5", "po", "qd", 7), _use("D0057", "80", "po", "qd", 7)),
        40,
        95,
        18,
    ),
    Complaint(
        "血压、血糖升高多年,开药",
        "饮食控制一般,空腹血糖7.5 mmol/L左右,无低血糖发作。",
        "心肺听诊无异常,足背动脉搏动可。",
        "糖尿病饮食,监测血糖,按时服药。",
        ("E11.900", "I10.x00x002"),
        (
            _use("D0106", "0.5", "po", "bid", 7),
            _use("D0109", "50", "po", "tid", 7),
            _use("D0056", "10", "po", "qd", 7),
        ),
        45,
        95,
        14,
    ),
    Complaint(
        "血脂升高2年,复诊",
        "无肌痛,饮食偏油腻,复查血脂低密度脂蛋白偏高。",
        "一般情况可,腹软无压痛。",
        "低脂饮食,适量运动,三个月复查血脂。",
        ("E78.500",),
        (_use("D0069", "20", "po", "qn", 7), _use("D0029", "100", "po", "qd", 7)),
        45,
        90,
        9,
    ),
    Complaint(
        "鼻塞、流涕、咽痛2天",
        "受凉后出现,伴轻咳,无发热、无气促。",
        "咽部充血,扁桃体不大,双肺呼吸音清。",
        "多饮水,休息,如发热或加重随诊。",
        ("J06.900",),
        (_use("D0138", "1", "po", "bid", 3), _use("D0117", "10", "po", "qd", 3)),
        14,
        90,
        14,
    ),
    Complaint(
        "咳嗽、咳痰5天",
        "痰白粘,量不多,夜间明显,无胸痛、无咯血。",
        "双肺呼吸音粗,未闻及湿罗音。",
        "戒烟,多饮水,一周不缓解拍胸片。",
        ("J20.900",),
        (
            _use("D0075", "8", "po", "tid", 5),
            _use("D0077", "25", "po", "tid", 5),
            _use("D0006", "0.25", "po", "bid", 5),
        ),
        18,
        85,
        9,
    ),
    Complaint(
        "上腹不适、反酸1周",
        "餐后明显,无黑便,无呕吐。",
        "上腹轻压痛,无反跳痛。",
        "规律饮食,忌辛辣,必要时胃镜检查。",
        ("K29.500",),
        (_use("D0083", "20", "po", "qd", 7), _use("D0086", "0.5", "po", "tid", 7)),
        18,
        85,
        8,
    ),
    Complaint(
        "腹泻1天",
        "进食不洁食物后水样便4次,无脓血,轻度腹痛,无发热。",
        "腹软,脐周轻压痛,肠鸣音活跃。",
        "清淡饮食,补液,如便血或高热即诊。",
        ("K52.900",),
        (_use("D0091", "3", "po", "tid", 3), _use("D0092", "2", "po", "tid", 3)),
        14,
        85,
        5,
    ),
    Complaint(
        "腰痛1周",
        "劳累后加重,休息缓解,无下肢放射痛。",
        "腰椎旁压痛,直腿抬高试验阴性。",
        "避免久坐负重,局部热敷。",
        ("M54.502",),
        (_use("D0165", "4", "po", "tid", 5), _use("D0164", "1", "ext", "qd", 5)),
        20,
        85,
        6,
    ),
    Complaint(
        "入睡困难1月",
        "近期家事烦心,入睡需1小时以上,日间乏力。",
        "神志清,情绪尚平稳。",
        "规律作息,睡前少用手机,两周后复诊。",
        ("G47.000",),
        (_use("D0154", "8", "po", "tid", 7),),
        25,
        85,
        4,
    ),
    Complaint(
        "皮肤瘙痒3天",
        "双前臂散在红斑、丘疹,瘙痒,近期更换洗衣液。",
        "双前臂红斑丘疹,无渗出。",
        "避免搔抓和可疑致敏物。",
        ("L30.900",),
        (_use("D0118", "10", "po", "qn", 5), _use("D0129", "5", "ext", "tid", 5)),
        14,
        85,
        4,
    ),
    Complaint(
        "发热、咽痛1天",
        "体温最高38.3℃,进食稍差,精神可。",
        "咽充血,扁桃体Ⅰ度肿大,双肺清。",
        "多饮水,体温超过38.5℃口服退热药,三天不退复诊。",
        ("J06.900",),
        (_use("D0163", "1", "po", "tid", 3),),
        1,
        13,
        8,
    ),
    Complaint(
        "乏力、纳差2月",
        "神疲,食后腹胀,大便偏溏,舌淡苔白,脉细弱。",
        "舌淡苔白,脉细弱,腹软。",
        "健脾益气,饮食清淡,避风寒。",
        ("K30.x00",),
        (
            _use("D0174", "12", "po", "bid", 7),
            _use("D0172", "10", "po", "bid", 7),
            _use("D0173", "12", "po", "bid", 7),
            _use("D0170", "5", "po", "bid", 7),
            _use("D0175", "8", "po", "bid", 7),
        ),
        20,
        85,
        6,
        is_herbal=True,
    ),
)


def fitting(age_years: int, *, is_herbal_clinic: bool) -> list[Complaint]:
    """Complaints a person of this age may bring to a clinic; a herbal clinic sees those that need herbs."""
    found = [
        complaint
        for complaint in COMPLAINTS
        if complaint.least_age <= age_years <= complaint.greatest_age
        and complaint.is_herbal == is_herbal_clinic
    ]
    return found or [COMPLAINTS[3]]
