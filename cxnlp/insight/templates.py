"""The sentences themselves, Persian and English side by side. Each number arrives formatted for its language."""

import re

# ruff: noqa: E501 - one sentence per line reads best
_ONE = re.compile(r"(?<![\d.,])1 (customer|text|mention|answer|case|week|conversation)s\b")
TEMPLATES: dict[str, tuple[str, str]] = {
    "suppressed": (
        "{what}{where}: تنها {n} مورد هست، کمتر از {least}؛ پس عددی گفته نمی‌شود.",
        "{what}{where}: only {n} cases, fewer than {least}; so no number is given.",
    ),
    "suppressed_without": (
        "{what}{where}: تنها {n} پاسخ بدون آن هست، کمتر از {least}؛ پس عددی گفته نمی‌شود.",
        "{what}{where}: only {n} answers without it, fewer than {least}; so no number is given.",
    ),
    "suppressed_first": (
        "{what}{where}: در طرف نخست تنها {n} مورد هست، کمتر از {least}؛ پس عددی گفته نمی‌شود.",
        "{what}{where}: only {n} cases on the first side, fewer than {least}; so no number is given.",
    ),
    "suppressed_second": (
        "{what}{where}: در طرف دوم تنها {n} مورد هست، کمتر از {least}؛ پس عددی گفته نمی‌شود.",
        "{what}{where}: only {n} cases on the second side, fewer than {least}; so no number is given.",
    ),
    "and_theme": ("{what} و {theme}", "{what} and {theme}"),
    "of_theme": ("{what} {theme}", "{what} of {theme}"),
    "of_complaints": ("{what} گلایه‌ها", "{what} of complaints"),
    "no_number": (
        "{what}{where}: متنی نیست که عددی از آن برآید.",
        "{what}{where}: there are no texts to compute a number from.",
    ),
    "interval": ("بازهٔ ۹۵٪: {low} تا {high}", "95\u00a0% interval {low} to {high}"),
    "no_interval": ("بازه محاسبه نشد", "no interval"),
    "volume_all": ("{n} متن شمرده شد.", "{n} texts were counted."),
    "volume_where": (
        "{share} از متن‌ها{inside} ({n} از {base}) {whose}.",
        "{share} of texts{inside} ({n} of {base}) {whose}.",
    ),
    "volume_about": (
        "{share} از متن‌ها{inside} ({n} از {base}) دربارهٔ {about} است ({sure}).",
        "{share} of texts{inside} ({n} of {base}) speak of {about} ({sure}).",
    ),
    "score": ("{what}{where}: {value} ({sure}؛ {n} {unit}).", "{what}{where}: {value} ({sure}; {n} {unit})."),
    "score_worded": (
        "{what}{where}: {value} ({sure}؛ از {n} پاسخ، {worded} تا با متن).",
        "{what}{where}: {value} ({sure}; of {n} answers, {worded} with words).",
    ),
    "ranked": (
        "{people} مشتری {said} ({n} متن، {share} از همه؛ {sure}){hardest}.",
        "{people} customers {said} ({n} texts, {share} of all; {sure}){hardest}.",
    ),
    "hardest": ("؛ بیش از همه {who}، {times} برابر دیگران", "; most of all {who}, {times} times as often as others"),
    "quality": ("{share} از {unit}{where} ({n} از {base}) {what}.", "{share} of {unit}{where} ({n} of {base}) {what}."),
    "impact_down": (
        "{what}{where} در مجموع {value} واحد پایین‌تر از حالتی است که پاسخ‌های همراه با {theme} کنار گذاشته شوند ({sure}؛ {n} پاسخ). همبستگی است، نه علت.",
        "Over all answers, {what}{where} is {value} points lower than without those that hold {theme} ({sure}; {n} answers). An association, not a cause.",
    ),
    "impact_up": (
        "{what}{where} در مجموع {value} واحد بالاتر از حالتی است که پاسخ‌های همراه با {theme} کنار گذاشته شوند ({sure}؛ {n} پاسخ). همبستگی است، نه علت.",
        "Over all answers, {what}{where} is {value} points higher than without those that hold {theme} ({sure}; {n} answers). An association, not a cause.",
    ),
    "weight": (
        "{theme}: {share} از آنچه در {what} توضیح‌پذیر است ({sure}؛ رتبهٔ {low} تا {high}؛ کل توضیح‌پذیر {r2}). همبستگی است، نه علت.",
        "{theme}: {share} of what can be explained of {what} ({sure}; rank {low} to {high}; {r2} explained in all). An association, not a cause.",
    ),
    "change_all": (
        "تغییر {what} از {then} تا {now}: {value} ({sure}؛ {n} پاسخ در {now}).",
        "Change of {what} from {then} to {now}: {value} ({sure}; {n} answers in {now}).",
    ),
    "change": (
        "سهم {theme} در تغییر {what} از {then} تا {now}: {value} ({sure})؛ {more} از تغییر شمار گویندگان، {hurts} از تغییر شدت اثر.",
        "{theme} contributed {value} to the change of {what} from {then} to {now} ({sure}): {more} because more or fewer say it, {hurts} because it weighs differently.",
    ),
    "trend": (
        "{theme} در {weeks} هفتهٔ اخیر {ratio} برابرِ پیش از آن شده است ({n} متن؛ انتظار {expected} متن بود؛ بازهٔ ۹۵٪: {low} تا {high}؛ {q}).",
        "{theme} are {ratio} times as frequent as before in the last {weeks} weeks ({n} texts, {expected} expected; 95\u00a0% interval {low} to {high}; {q}).",
    ),
    "emerging": (
        "تازه پدید آمده: {theme}؛ {n} متن در {weeks} هفتهٔ اخیر و در {before} هفتهٔ پیش از آن هیچ.",
        "New: {theme}; {n} texts in the last {weeks} weeks and none in the {before} weeks before.",
    ),
    "score_drop": (
        "{what} در منبع {source} از {before} به {after} افتاد (تغییر {value}؛ {sure}؛ {n} پاسخ).",
        "{what} in {source} fell from {before} to {after} (change {value}; {sure}; {n} answers).",
    ),
    "silent_source": (
        "منبع {source} ساکت شده است: {n} متن رسید؛ انتظار {expected} متن بود.",
        "Source {source} has fallen silent: {n} texts came, {expected} were expected.",
    ),
    "volume_spike": (
        "منبع {source} ناگهان پر شده است: {n} متن رسید؛ انتظار {expected} متن بود.",
        "Source {source} is flooding: {n} texts came, {expected} were expected.",
    ),
    "language_mix": (
        "ترکیب زبان‌ها در منبع {source} عوض شده است: سهم {tongue} از {before} به {after} رسید.",
        "The languages of {source} have shifted: {tongue} went from {before} to {after}.",
    ),
    "encoding": (
        "حروف خراب در منبع {source}: {n} متن ({after})، پیش از این {before}؛ کدگذاری فایل را بررسی کنید.",
        "Broken letters in {source}: {n} texts ({after}), before {before}; check the encoding of its file.",
    ),
    "segment": (
        "مشتریان {who} {times} برابر دیگران {said} ({rate} در برابر {others}؛ بازهٔ ۹۵٪: {low} تا {high}؛ {q}).",
        "{who} {said} {times} times as often as others ({rate} against {others}; 95\u00a0% interval {low} to {high}; {q}).",
    ),
    "leaver_all": (
        "{share} از متن‌ها ({n} از {base}) از کسانی است که می‌روند ({sure}).",
        "{share} of texts ({n} of {base}) come from customers who leave ({sure}).",
    ),
    "promoter_all": (
        "{share} از متن‌ها ({n} از {base}) از کسانی است که ما را توصیه می‌کنند ({sure}).",
        "{share} of texts ({n} of {base}) come from customers who recommend us ({sure}).",
    ),
    "leaver": (
        "کسانی که می‌روند {times} برابر دیگران {said} ({n} از {base}؛ بازهٔ ۹۵٪: {low} تا {high}؛ {q}).",
        "Customers who leave {said} {times} times as often as others ({n} of {base}; 95\u00a0% interval {low} to {high}; {q}).",
    ),
    "promoter": (
        "کسانی که ما را توصیه می‌کنند {times} برابر دیگران {said} ({n} از {base}؛ بازهٔ ۹۵٪: {low} تا {high}؛ {q}).",
        "Customers who recommend us {said} {times} times as often as others ({n} of {base}; 95\u00a0% interval {low} to {high}; {q}).",
    ),
    "brand_up": (
        "احساس خالص برند {brand}{where} {value} واحد بالاتر از رقیبان است ({sure}؛ {n} اشاره): {verdict}.",
        "Net sentiment of {brand}{where} is {value} points above its competitors ({sure}; {n} mentions): {verdict}.",
    ),
    "brand_down": (
        "احساس خالص برند {brand}{where} {value} واحد پایین‌تر از رقیبان است ({sure}؛ {n} اشاره): {verdict}.",
        "Net sentiment of {brand}{where} is {value} points below its competitors ({sure}; {n} mentions): {verdict}.",
    ),
    "brand_strength": ("نقطهٔ قوت", "a strength"),
    "brand_weakness": ("نقطهٔ ضعف", "a weakness"),
    "brand_even": ("تفاوت روشنی نیست", "no clear difference"),
    "hour": (
        "{share} از متن‌ها ({n} از {base}) بین ساعت {hour} تا {next} نوشته شده است.",
        "{share} of texts ({n} of {base}) are written between {hour}:00 and {next}:00.",
    ),
    "hour_mood": (
        "احساس خالص بین ساعت {hour} تا {next}: {value} ({sure}؛ {n} اشاره).",
        "Net sentiment between {hour}:00 and {next}:00: {value} ({sure}; {n} mentions).",
    ),
    "weekday": (
        "{share} از متن‌ها ({n} از {base}) روزهای {day} نوشته شده است.",
        "{share} of texts ({n} of {base}) are written on {day}s.",
    ),
    "weekday_mood": (
        "احساس خالص روزهای {day}: {value} ({sure}؛ {n} اشاره).",
        "Net sentiment on {day}s: {value} ({sure}; {n} mentions).",
    ),
    "response_first": (
        "نخستین پاسخ{where} به‌طور میانه پس از {value} دقیقه می‌رسد ({sure}؛ از هر ده پاسخ، نه تا پیش از {p90} دقیقه)؛ {silent} از {talks} گفت‌وگو بی‌پاسخ ماند.",
        "The first answer{where} takes {value} minutes in the median ({sure}; nine in ten within {p90}); {silent} of {talks} conversations got none.",
    ),
    "response_any": (
        "هر پاسخ{where} به‌طور میانه پس از {value} دقیقه می‌رسد ({sure}؛ از هر ده پاسخ، نه تا پیش از {p90} دقیقه)؛ {silent} از {talks} گفت‌وگو بی‌پاسخ ماند.",
        "An answer{where} takes {value} minutes in the median ({sure}; nine in ten within {p90}); {silent} of {talks} conversations got none.",
    ),
    "path_none": (
        "پس از گلایه در مرحلهٔ «{here}»، {share} ({n} از {base}) تا {days} روز گلایهٔ دیگری نداشتند.",
        "After a complaint in the {here} stage, {share} ({n} of {base}) had none in the next {days} days.",
    ),
    "path": (
        "پس از گلایه در مرحلهٔ «{here}»، {share} ({n} از {base}) تا {days} روز بعد در مرحلهٔ «{there}» گلایه داشتند.",
        "After a complaint in the {here} stage, {share} ({n} of {base}) complained in the {there} stage within {days} days.",
    ),
    "comparison": (
        "{what}{where} از {before} به {after} رسید (تغییر {value}؛ {sure}؛ {q}؛ اثر {size}).",
        "{what}{where} went from {before} to {after} (change {value}; {sure}; {q}; {size} effect).",
    ),
    "fix_first": (
        "نخست این را درست کنید: {people} مشتری {said} ({share} از متن‌ها).",
        "Fix this first: {people} customers {said} ({share} of texts).",
    ),
    "better": ("رو به بهبود است: {trend}", "It is getting better: {trend}"),
    "worse": ("بدتر می‌شود: {trend}", "It is getting worse: {trend}"),
    "same": ("هنوز تغییر روشنی دیده نمی‌شود: {trend}", "No clear change yet: {trend}"),
    "theme_pain": ("گلایه از {about}", "complaints about {about}"),
    "theme_praise": ("رضایت از {about}", "words of praise for {about}"),
    "theme_request": ("خواسته دربارهٔ {about}", "requests about {about}"),
    "theme_question": ("پرسش دربارهٔ {about}", "questions about {about}"),
    "theme_motive": ("انگیزه در {about}", "motives in {about}"),
    "said_pain": ("از {about} گلایه کرده‌اند", "complain about {about}"),
    "said_praise": ("از {about} راضی‌اند", "are pleased with {about}"),
    "said_request": ("دربارهٔ {about} خواسته‌ای دارند", "ask for something about {about}"),
    "said_question": ("دربارهٔ {about} پرسیده‌اند", "have a question about {about}"),
    "said_motive": ("انگیزهٔ انتخابشان را در {about} گفته‌اند", "name a reason for choosing that lies in {about}"),
    "one_pain": ("از {about} گلایه کرده است", "complains about {about}"),
    "one_praise": ("از {about} راضی است", "is pleased with {about}"),
    "one_request": ("دربارهٔ {about} خواسته‌ای دارد", "asks for something about {about}"),
    "one_question": ("دربارهٔ {about} پرسیده است", "has a question about {about}"),
    "one_motive": (
        "انگیزهٔ انتخابش را در {about} گفته است",
        "names a reason for choosing that lies in {about}",
    ),
    "quality_duplicate": ("تکراری است و دوباره شمرده نشد", "are duplicates and were not counted again"),
    "quality_near_duplicate": ("بسیار شبیه متنی دیگر است", "are almost equal to another text"),
    "quality_undated": ("تاریخ ندارد", "carry no date"),
    "quality_no_mention": ("نکتهٔ مشخصی در خود ندارد", "contain no particular statement"),
    "quality_no_customer": ("شناسهٔ مشتری ندارد", "name no customer"),
    "quality_unassigned": ("در هیچ موضوعی جا نگرفته است", "belong to no topic yet"),
    "quality_masked": ("دادهٔ شخصی داشت که پوشانده شد", "held personal data, now masked"),
    "quality_unread": ("به زبانی جز فارسی و انگلیسی است", "are in neither Persian nor English"),
    "unit_mentions": ("اشاره‌ها", "mentions"),
    "unit_texts": ("متن‌ها", "texts"),
    "answers": ("پاسخ", "answers"),
    "mentions": ("اشاره", "mentions"),
    "texts": ("متن", "texts"),
    "effect_none": ("ناچیز", "negligible"),
    "effect_small": ("کوچک", "small"),
    "effect_medium": ("متوسط", "medium"),
    "effect_large": ("بزرگ", "large"),
}


def fill(name: str, language: str, **parts: str) -> str:
    """The template `name` in `fa` or `en`, filled."""
    text = TEMPLATES[name][language == "en"].format(**parts)
    return _ONE.sub(r"1 \1", text) if language == "en" else text
