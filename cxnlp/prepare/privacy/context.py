"""Words around a number that say what it is. All work on folded text (see fold.py)."""

from __future__ import annotations

import re

GAP = r"[ \-_./\u200c]{0,3}"  # what people put between the digits of one number
START = r"(?<![A-Za-z0-9_])(?<!\d[.,/:\-])"  # a Persian letter may stand right before: «شماره‌م0912…»
END = r"(?![A-Za-z0-9_])(?![.,/:\-]\d)"
WIDTH = 44  # characters before a number in which its label may stand

_FILLER = (
    r"(?:م|ام|مم|تون|تان|ت|ش|اش|شون|مون|من|شما|ایشون|مادرم|پدرم|همسرم|ی|ه|هم|رو|را|این|اینه|هست|است|با|به|از|ملی|بانکی|شخصی"
    r"|جدید|قدیم|خودم|صاحب حساب|لطفا|شماره|کد|دفتر|منزل|ثابت|خونه|خانه|مغازه|شرکت|محل کار|number"
    r"|numbers|no|num|is|was|are|my|the|code|id|our|new|old|personal|own|a|on|at|of|for|to|it|s|:|#)"
)


def label(words: str, loose: bool = False) -> re.Pattern[str]:
    """A pattern that finds one of `words` right before a number, with few fillers between (`loose`: any two words)."""
    anything = r"(?:[ \u200c]{1,2}[^\W\d]{1,12}){0,2}" if loose else ""
    return re.compile(
        rf"(?:{words})(?:[ \u200c'’]{{0,2}}{_FILLER}(?![^\W\d]))*{anything}[ :=#.،,\-_\u200c()\[\]«»\"'>→]*$",
        re.IGNORECASE,
    )


CARD = label(r"شماره کارت|کارت|card|visa|master ?card|debit|credit|amex")
NATIONAL = label(
    r"کد ?\u200c?ملی|شماره ملی|کارت ملی|national (?:id|code|number)|(?:kod|code)e? ?melli"
    r"|national insurance|nino|\bni (?:number|no)",
    loose=True,
)
SSN = label(r"ssn|social security|social", loose=True)
POSTAL = label(r"کد ?\u200c?پستی|پستی|postal ?code|post ?code|zip(?: ?code)?|kod ?posti", loose=True)
SHEBA = label(r"شبا\w{0,3}|sheba|shaba|iban", loose=True)
PHONE = label(
    r"شماره(?: ?(?:موبایل|تماس|همراه|گوشی|تلفن|خط))?|موبایل\w?|همراه\w?|گوشی\w?|تماس|زنگ(?: بزن\w*)?"
    r"|خط\w?|واتساپ|واتس اپ|تلگرام"
    r"|پیامک|تلفن|phone|mobile|cell(?:phone)?|call(?: me)?(?: back)?|text(?: me)?|whats ?app|tel|telephone"
    r"|reach(?:ed)?(?: me)?|contact(?: me)?|shomare?h?(?:am)?|mobilam|number"
)
LANDLINE = label(
    r"تلفن(?: ?(?:ثابت|منزل|دفتر|محل کار|خونه|خانه|مغازه|فروشگاه|سرویس))?|(?:شماره|خط|تماس) ?(?:ثابت"
    r"|منزل|دفتر|خونه|خانه|تلفن)"
    r"|ثابت|فکس|تلفکس|زنگ بزن\w*|تماس بگیر\w*|land ?line|home phone|office(?: phone)?|house phone"
    r"|telephone|tel|phone|fax"
)
AT_A_PLACE = re.compile(
    r"ثابت|منزل|دفتر|خانه|خونه|land ?line|home|office|house|store|shop|desk|work|clinic", re.IGNORECASE
)
ADDRESS = re.compile(
    r"خیابان|خیابون|کوچه|پلاک|بلوار|آدرس|ادرس|میدان|محله|street|road|avenue|lane|drive|address"
    r"|\bst\b|\brd\b|\bave\b|live (?:at|in)",
    re.IGNORECASE,
)
_OTHER = label(
    r"سفارش\w{0,3}|فاکتور\w{0,2}|صورت ?حساب|پیگیری|رهگیری|مرسوله|بارکد|سریال\w{0,2}|تراکنش\w{0,2}"
    r"|مرجع|پرونده|تیکت|پذیرنده|ترمینال|پایانه"
    r"|اشتراک|قرارداد|مدل\w{0,2}|کد ?کالا|کالا|محصول|شناسه|قبض|بلیط|بلیت|پرواز|رزرو\w{0,2}"
    r"|بیمه ?\u200c?نامه|نسخه|ورژن|شماره فنی|پارت"
    r"|imei|order|invoice|tracking|serial|ticket|reference|ref|model|sku|part|booking|transaction|case|barcode|isbn|ean|upc"
    r"|confirmation|tag|policy|receipt|po|item|product|version|parcel|shipment|bill|build|firmware|account ending"
)
_NEVER_A_PHONE = label(r"پیگیری|رهگیری|مرسوله|بارکد|سریال\w{0,2}|فاکتور|imei|tracking|serial|barcode|invoice|isbn|sku")
_AMOUNT_AFTER = re.compile(
    r" ?(?:هزار|میلیون|میلیارد|تومان|تومن|ریال|درصد|%|٪|عدد|گرم|دلار|یورو|درهم|لیر|رای|بار|نفر|متر"
    r"|کیلو|tomans?|rials?|irr"
    r"|usd|dollars?|euros?|eur|gbp|pounds|km|rpm|mah|views|people|units|pcs)(?!\w)",
    re.IGNORECASE,
)
_AMOUNT_BEFORE = re.compile(
    r"(?:[$€£]|(?<!\w)(?:قیمت\w*|مبلغ|بهای|price|usd|irr|cost|paid|rs\.?))[ :]*$", re.IGNORECASE
)


def before(text: str, start: int) -> str:
    """The characters before a number in which its label may stand."""
    return text[max(0, start - WIDTH) : start]


def amount(text: str, start: int, end: int) -> bool:
    """Whether the number is money or a count."""
    return bool(_AMOUNT_AFTER.match(text, end) or _AMOUNT_BEFORE.search(before(text, start)))


def something_else(text: str, start: int, end: int) -> bool:
    """Whether the number is labelled as an order, invoice, serial … number, or is an amount."""
    return bool(_OTHER.search(before(text, start))) or amount(text, start, end)


def never_a_phone(text: str, start: int) -> bool:
    """Whether the number is labelled as one that only looks like a phone number."""
    return bool(_NEVER_A_PHONE.search(before(text, start)))
