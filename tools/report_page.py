"""The page of tools/report: HTML, from what the database told."""

import re
from html import escape
from itertools import groupby
from pathlib import Path

CSS = Path(__file__).with_name("report.css")
LEVELS = {"error": "Errors", "warning": "Warnings", "notice": "Notices"}
RIGHTS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE", "D": "TRUNCATE", "x": "REFERENCES", "t": "TRIGGER"}
# Tables by protection, the most dangerous first.
PROTECTION = {
    "open": ("Row security off, callers have rights", "Whoever has these rights has them on every row."),
    "hand": ("Policies written by hand", "What they let through is their author's to say; the findings and attempts tell what was seen of it."),
    "ours": ("Protected by a template", "Their policies were written by tenancy.protect()."),
    "shut": ("Row security on, no policies", "Nobody whom row security binds sees a row."),
    "kept": ("Row security off, callers have no rights", "Their owners get at them, and roles that bypass row security."),
}
UNFOLDED = 25  # longer lists are folded
ATTEMPTS_LISTED = 5000  # where there are more, those that ended right are not listed one by one


class Html(str):
    """Text that is HTML already. All other text is escaped."""


def shown(text):
    # What is invisible, or turns the direction of the text around, is told by its number.
    return escape(re.sub("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]",
                         lambda found: f"⟨U+{ord(found[0]):04X}⟩", str(text)))


def join(*parts, between=""):
    return Html(shown(between).join(p if isinstance(p, Html) else shown(p) for p in parts if p))


def tag(name, *inside, **attributes):
    told = "".join(f' {key.strip("_").replace("_", "-")}="{escape(str(value))}"' for key, value in attributes.items() if value)
    return Html(f"<{name}{told}>{join(*inside)}</{name}>")


def code(text):
    return tag("code", text)


def dim(*inside):
    return tag("span", *inside, class_="dim")


def word(kind, text):
    return tag("span", text, class_=f"word {kind}")


def sentence(text):
    return text[:1].upper() + text[1:]


def count(number, one, many=None):
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def table(title, heads, rows):
    """Rows of cells, of which the first names the row; a pair is what goes over so many columns."""
    def cell(place, content):
        if isinstance(content, tuple):
            return tag("td", content[0], colspan=content[1])
        return tag("td", content) if place else tag("th", content, scope="row")

    head = tag("thead", tag("tr", *(tag("th", h, scope="col") for h in heads)))
    body = tag("tbody", *(tag("tr", *(cell(*c) for c in enumerate(row))) for row in rows))
    return tag("div", tag("table", head, body, aria_label=title), class_="wide")


def folded(title, content, **attributes):
    return tag("details", tag("summary", title), content, **attributes)


def listing(rows, noun, *arguments):
    """A table, folded where it is long."""
    listed = table(*arguments, rows)
    return listed if len(rows) <= UNFOLDED else folded(count(len(rows), noun), listed)


def section(name, title, *inside):
    return tag("section", tag("h2", title, id=name), *inside)


def findings_section(findings):
    if not findings:
        return section("findings", "Findings", tag("p", "None."))
    parts = [tag("p", "docs/audit has a page for each rule: why it matters, and when it is fine. Read a fix before you run it.")]
    for level, title in LEVELS.items():
        found = sorted((f for f in findings if f["level"] == level), key=lambda f: (f["code"], f["message"]))
        parts += [tag("h3", f"{title} ({len(found):,})")] if found else []
        parts += [article(*key, list(same)) for key, same in groupby(found, lambda f: (level, f["code"], f["message"]))]
    return section("findings", "Findings", *parts)


def article(level, rule, message, same):
    """The findings of a rule that say the same of several objects."""
    fixes = [f["fix"].rstrip().rstrip(";") + ";" for f in same if f["fix"]]
    no_fix = "No fix is offered: a person has to choose."
    objects = tag("ul", *(tag("li", code(f["object"]), " ", dim(join(f["detail"], no_fix if fixes and not f["fix"] else None, between=" ")))
                          for f in same), class_="objects")
    fix = tag("pre", "\n".join(fixes))
    if len(same) > UNFOLDED:
        objects, fix = folded(count(len(same), "object"), objects), folded(count(len(fixes), "fix", "fixes"), fix)
    return tag("article", tag("h4", word(level, level.capitalize()), " ", code(rule)),
               tag("p", sentence(message) + "."), objects, fix if fixes else tag("p", dim(no_fix)))


def protection(one):
    if not one["row_security"]:
        return "open" if one["granted"] else "kept"
    return "ours" if one["asked"] else "hand" if one["policies"] else "shut"


def how(one):
    asked = one["asked"]
    idle = "" if one["row_security"] else ", not in force"
    if not asked:
        return count(one["policies"], "policy", "policies") + idle if one["policies"] else "none"
    column = asked.get("key") or asked.get("user_column") or asked.get("tenant_column")
    who = [f"{what}: {', '.join(asked[what]) or 'nobody'}" for what in ("read", "write", "remove") if asked.get(what) is not None]
    return "; ".join([asked["template"] + (f" by {column}" if column else ""), *who]) + idle


def tables_section(tables):
    if not tables:
        return section("tables", "Tables by protection", tag("p", "There are none in these schemas."))
    by_number, parts_of = {one["relation"]: one for one in tables}, {}
    groups = {kind: [] for kind in PROTECTION}
    for one in sorted(tables, key=lambda one: (not one["has_owners"], one["name"])):
        top = one
        while top["parent"] in by_number:
            top = by_number[top["parent"]]
        # A partition that is protected as its table is goes with that.
        if top is not one and protection(top) == protection(one):
            parts_of[top["relation"]] = parts_of.get(top["relation"], 0) + 1
        else:
            groups[protection(one)].append(one)

    def name(one):
        inside = by_number.get(one["parent"])
        return join(code(one["name"]), dim(" part of ", code(inside["name"])) if inside else None,
                    dim(f" and {count(parts_of[one['relation']], 'partition')}") if one["relation"] in parts_of else None)

    overview, parts = [], []
    for kind, group in groups.items():
        if group:
            title, meaning = PROTECTION[kind]
            overview.append([title, f"{len(group):,}", f"{sum(one['has_owners'] for one in group):,}", f"{sum(one['granted'] != '' for one in group):,}"])
            off = kind in ("open", "kept")
            rows = [[name(one), "tenants or users" if one["has_owners"] else "no column says", how(one),
                     *([] if off else ["yes" if one["forced"] else "no"]),
                     ", ".join(RIGHTS[r] for r in RIGHTS if r in one["granted"]) or "nothing"] for one in group]
            heads = ["Table", "Rows of", "Policies", *([] if off else ["Bind the owner"]), "Callers may"]
            parts += [tag("h3", f"{title} ({len(group):,})"), tag("p", meaning),
                      listing(rows, "table", title, heads)]
    heads = ["Protection", "Tables", "Of them with rows of tenants or users", "Of them with rights for callers"]
    return section("tables", "Tables by protection", table("Tables by protection", heads, overview), *parts)


def outcome(rows, counted=True):
    """In words, how these attempts ended."""
    wrong, right, unknown = (sum(row["passed"] is result for row in rows) for result in (False, True, None))

    def told(number, what):
        return tag("span", f"{number:,} {what}" if counted else what, class_="keep" + {"wrong": " word error", "right": ""}.get(what, " dim")) if number else None

    return join(told(wrong, "wrong"), join(told(right, "right"), told(unknown, "not provable"), between=", "), between=" ") or "–"


def attempts_section(tables, results):
    title = "Attempts to cross the border"
    if results is None:
        return section("attempts", title, tag("p", "None were made (PROVE=no)."))
    if not tables:
        return section("attempts", title, tag("p", "No table has rows that belong to tenants or users."))
    all_rows = [row for tried in results.values() for row in tried]
    commands = list(dict.fromkeys(row["command"] for row in all_rows if row.get("command")))
    matrix, one_by_one = [], []
    for one in sorted(tables, key=lambda one: (all(row.get("passed") is not False for row in results[one["relation"]]), one["name"])):
        name, tried = code(one["name"]), results[one["relation"]]
        # (Where there is nothing to try with, one row says what was not found.)
        reasons = [join("Could not be tried: ", row["error"], dim(f" ({row['state']})")) if "error" in row else sentence(row["observed"])
                   for row in tried if not row.get("command")]
        if reasons or not tried:
            matrix.append([name, (join(*reasons, between="; "), len(commands) + 1)])
            continue
        matrix.append([name, *(outcome([row for row in tried if row["command"] == command]) for command in commands), outcome(tried)])
        wrong, right = ([row for row in tried if (row["passed"] is True) is told] for told in (False, True))
        good = folded(join(name if not wrong else None, outcome(right), between=" "), outcomes(one, right), class_="right") \
            if right and len(all_rows) <= ATTEMPTS_LISTED else None
        one_by_one.append(folded(join(name, outcome(wrong), between=" "), join(outcomes(one, wrong), good),
                                 open="open" if any(row["passed"] is False for row in wrong) else None) if wrong else good)
    return section("attempts", title, tag(
        "p", "tenancy.prove() became callers of each kind and tried to get at rows of others; all of it was undone. Right is where nothing was reached "
        "that must not be, wrong where it was. Not provable is what there were no rows for, of two tenants say, or what ended with an error that tells nothing."),
        listing(matrix, "table", "Attempts by table and command", ["Table", *commands, "All"]),
        tag("h3", "One by one") if any(one_by_one) else None, *one_by_one)


def outcomes(one, rows):
    return table(f"Attempts on {one['name']}", ["Caller", "Command", "Attempt", "Must be", "Was", "Result"],
                 [[row["caller"], row["command"], row["attempt"], row["expected"], row["observed"], outcome([row], False)]
                  for row in sorted(rows, key=lambda row: row["passed"] is not False)])


def logins_section(logins):
    free = sorted((one for one in logins if one["not_bound_because"]), key=lambda one: (not one["for_apps"], one["role"]))
    bound = [join(code(one["role"]), " (for apps)" if one["for_apps"] else None) for one in logins if not one["not_bound_because"]]
    rows = [[code(one["role"]), word("error", "apps use it") if one["for_apps"] else "not known to be", one["not_bound_because"]] for one in free]
    return section(
        "bound", "Who is not bound",
        tag("p", "Row security guards sessions of these login roles against forgetting only: they can do without it."),
        listing(rows, "login role", "Login roles that are not bound", ["Login role", "For apps", "Why it is not bound"]) if free
        else tag("p", "Every login role is bound."),
        tag("p", "Bound: ", join(*bound, between=", "), ".") if bound else tag("p", "No login role is bound."),
        None if any(one["for_apps"] for one in logins) else
        tag("p", "No login role is known to be for apps: setting app_logins names none, and none may take the role of callers."))


def waivers_section(waivers):
    if not waivers:
        return None
    rows = [[code(one["code"]), code(one["object"]), one["reason"], (one["until"] or "for ever") + (", which has passed" if one["ended"] else "")]
            for one in waivers]
    return section("waived", "Waived", tag("p", "What tenancy.waive() leaves out of the findings until that day."),
                   listing(rows, "waiver", "Waivers", ["Rule", "Object", "Reason", "Until"]))


def verdict(levels, tables, wrong):
    if levels["error"] or wrong:
        said = [count(levels["error"], "error")] * bool(levels["error"]) + [f"{count(wrong, 'wrong outcome')} of attempts to cross the border"] * bool(wrong)
        return "error", f"Tenants are not isolated: {' and '.join(said)}."
    if not tables:
        return "notice", "There are no tables in these schemas, so there is nothing to isolate."
    if levels["warning"]:
        return "warning", f"No error was found, and {count(levels['warning'], 'warning')} to judge."
    return "good", "Nothing was found by which a caller reaches the rows of others."


def page(seen, owned, results):
    """The verdict, and the page. results is None where nothing was tried."""
    head, findings, tables = seen["head"][0], seen["finding"], seen["table"]
    levels = {level: sum(f["level"] == level for f in findings) for level in LEVELS}
    tried = [rows for rows in (results or {}).values() if any(row.get("passed") is not None for row in rows)]
    wrong = sum(row.get("passed") is False for rows in tried for row in rows)
    kind, told = verdict(levels, tables, wrong)
    made = f"Attempts to cross the border were made on {len(tried):,} of {count(len(owned), 'table')} whose rows have owners." \
        if results else "No attempt to cross the border was made."
    facts = {
        "Looked at": head["made_at"], "By role": join(code(head["database_role"]), f", logged in as {head['session_role']}" if head["session_role"] != head["database_role"] else None),
        "Schemas": join(*map(code, head["schemas"]), between=", ") or "none", "Mode": head["mode"],
        "Postgres": head["server"], "pg_tenancy": head["version"] or "the pure-SQL edition",
    }
    unbound = sum(one["not_bound_because"] is not None for one in seen["login"])
    counts = [("findings", levels["error"], "error"), ("findings", levels["warning"], "warning"), ("findings", levels["notice"], "notice"),
              ("tables", len(tables), "table"), ("attempts", wrong, "wrong outcome"), ("bound", unbound, "login not bound", "logins not bound"),
              *([("waived", len(seen["waiver"]), "waiver")] if seen["waiver"] else [])]
    title = f"Isolation of tenants in database {head['database']}"
    body = tag("body", tag("header", tag("h1", title), tag("dl", *(join(tag("dt", k), tag("dd", v)) for k, v in facts.items()), class_="facts")), tag(
        "main", tag("div", tag("p", told), tag("p", f"{count(head['rules'], 'rule')} looked for flaws. {made}"), class_=f"verdict {kind}"),
        tag("nav", tag("ul", *(tag("li", tag("a", tag("b", f"{number:,}"), " ", count(number, *words).split(" ", 1)[1], href=f"#{place}")) for place, number, *words in counts),
                       class_="counts"), aria_label="Sections"),
        findings_section(findings), tables_section(tables), attempts_section(owned, results), logins_section(seen["login"]), waivers_section(seen["waiver"])),
        tag("footer", "The audit knows the mistakes that its rules know. It reads the catalog as this role, and says nothing of what the app does with what it may."))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return told, "\n".join([
        "<!DOCTYPE html>", '<html lang="en">', "<head>", '<meta charset="utf-8">', f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">', tag("title", title), tag("style", Html("\n" + CSS.read_text())), "</head>", body, "</html>", ""])
