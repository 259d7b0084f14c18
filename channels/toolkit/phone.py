"""Phone numbers in E.164, so that one person's number is written in one way."""

from __future__ import annotations


def normalise(text: str, *, region: str = "BY") -> str | None:
    """The number as "+375291234567" in whatever way it was typed; None for what is none.

    `region` (ISO 3166 letters) is assumed where there is no country code.
    """
    import phonenumbers  # noqa: PLC0415 - its tables cost a tenth of a second

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number) or not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def region(number: str) -> str | None:
    """The country of a number in E.164, in ISO 3166 letters; None for what is none."""
    import phonenumbers  # noqa: PLC0415 - its tables cost a tenth of a second

    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None))
    except phonenumbers.NumberParseException:
        return None
