"""A label as a camera sees it: encoded, drawn on paper, tilted, saved, decoded, read."""

from datetime import date
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from treatments.rules.intake import Verdict, read_scan

TODAY = date(2026, 6, 15)
PRINTED = "(01)09521234543213(10)LOT42A(17)280630"
LINK = "https://id.gs1.org/01/09521234543213/10/LOT42A?17=280630"


def label(content: str, symbology: zxingcpp.BarcodeFormat, *, gs1: bool) -> Image.Image:
    symbol = Image.fromarray(zxingcpp.create_barcode(content, symbology, gs1=gs1).to_image(scale=4))
    paper = Image.new("L", (symbol.width + 120, symbol.height + 120), 255)
    paper.paste(symbol, (60, 60))
    return paper.rotate(4, resample=Image.Resampling.BICUBIC, fillcolor=255)


def decoded(picture: Path) -> str:
    """What a scanner would send: the symbology identifier, then the bytes with 0x1D in them."""
    with Image.open(picture) as image:
        [found] = zxingcpp.read_barcodes(image)
    return found.symbology_identifier + found.bytes.decode("ascii")


def facts(verdict: Verdict) -> tuple[object, ...]:
    assert verdict.accepted, verdict.sentence
    return verdict.kind, verdict.scheme, verdict.di, verdict.lot, verdict.expires_on


@pytest.mark.parametrize(
    ("content", "symbology", "gs1", "sent"),
    [
        (
            PRINTED,
            zxingcpp.BarcodeFormat.DataMatrix,
            True,
            "]d2010952123454321310LOT42A\x1d17280630",
        ),
        (
            PRINTED,
            zxingcpp.BarcodeFormat.Code128,
            True,
            "]C1010952123454321310LOT42A\x1d17280630",
        ),
        (LINK, zxingcpp.BarcodeFormat.QRCode, False, f"]Q1{LINK}"),
    ],
    ids=["GS1 DataMatrix", "GS1-128", "Digital Link in a QR code"],
)
def test_a_label_image_reads_like_the_text_printed_beside_it(
    tmp_path: Path, content: str, symbology: zxingcpp.BarcodeFormat, gs1: bool, sent: str
) -> None:
    picture = tmp_path / "label.png"
    label(content, symbology, gs1=gs1).save(picture)

    text = decoded(picture)

    assert text == sent
    assert facts(read_scan(text, today=TODAY)) == facts(read_scan(PRINTED, today=TODAY))
    assert facts(read_scan(text, today=TODAY))[2:] == (
        "09521234543213",
        "LOT42A",
        date(2028, 6, 30),
    )
