"""Names of the demo's patients, in the scripts of the people a clinic really meets."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

# Per language: first names, last names. Stored as typed, in NFC.
NAMES: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
    ("English", ("Mia", "Noah", "Harper", "Grace", "Owen"), ("Lee", "Walker", "Turner", "Brooks")),
    ("English", ("Siobhán", "Niamh", "Ciarán"), ("O'Brien-Łęcka", "O’Connor", "Mac Giolla")),
    ("Spanish", ("José", "Lucía", "Marisol", "Íñigo"), ("Núñez", "de la Peña", "Garza-Ortíz")),
    ("Chinese", ("小明", "娜", "美玲", "子涵"), ("王", "李", "陈", "欧阳")),
    ("Vietnamese", ("Thị Mai", "Văn Hùng", "Ngọc Ánh"), ("Nguyễn", "Trần", "Phạm")),
    ("Arabic", ("ليلى", "يوسف", "مريم"), ("حداد", "العلي", "منصور")),
    ("Hindi", ("प्रिया", "अर्जुन", "मीरा"), ("शर्मा", "पटेल", "अय्यर")),
    ("Ukrainian", ("Олена", "Тарас", "Софія"), ("Шевченко", "Бондар", "Кравець")),
    ("Korean", ("민지", "서준", "하은"), ("김", "박", "남궁")),
    ("Japanese", ("さくら", "健太", "陽子"), ("田中", "佐藤", "小鳥遊")),
    ("Hebrew", ("נועה", "דוד", "תמר"), ("כהן", "לוי", "בן־דוד")),
    ("Greek", ("Ελένη", "Νίκος"), ("Παπαδοπούλου", "Γεωργίου")),
    ("Armenian", ("Անի", "Գևորգ"), ("Պետրոսյան", "Սարգսյան")),
    ("Yoruba", ("Ọláyínká", "Títílayọ̀"), ("Adébáyọ̀", "Ògúnbíyí")),
    ("Amharic", ("ሰላም", "ዳዊት"), ("ተስፋዬ", "በቀለ")),
    ("Turkish", ("Gülşen", "Işıl"), ("Yıldız", "Çağlayan")),
    ("Thai", ("ณัฐธิดา", "สมชาย"), ("ศรีสุข", "วงศ์ไทย")),
    ("English", ("Kaʻiulani", "Þórunn", "Zoë"), ("Kealoha", "Jónsdóttir", "van der Meer")),
)


@dataclass(frozen=True)
class Person:
    """Who a demo patient is."""

    first_name: str
    last_name: str
    birth_date: dt.date
    language: str
    sex_at_birth: str
    phone: str
    email: str


def person(number: int, *, area_code: str) -> Person:
    """The demo patient of that number; the same number is always the same person.

    Phone numbers are of the range 555-0100 to 555-0199, which belongs to nobody.
    """
    language, firsts, lasts = NAMES[number % len(NAMES)]
    turn = number // len(NAMES)
    first = firsts[turn % len(firsts)]
    last = lasts[(turn + turn // len(firsts)) % len(lasts)]
    born = dt.date(1957, 1, 1) + dt.timedelta(days=(number * 7919) % 17_500)
    return Person(
        first_name=first,
        last_name=last,
        birth_date=born,
        language=language,
        sex_at_birth=("female", "female", "male", "female", "unknown")[number % 5],
        phone=f"+1{area_code}5550{100 + number % 100}",
        email=f"patient{number}@example.org" if number % 6 == 0 else "",
    )
