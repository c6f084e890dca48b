#!/usr/bin/env python3
"""Writes doc/study_file.md from the schema of study files.

    study schema | scripts/study_file_reference.py > doc/study_file.md
"""

import json
import sys

INTRODUCTION = """\
# Study file

Made from `study schema` by scripts/study_file_reference.py: do not edit. The schema itself is for editors:
`study schema > study.schema.json`, and `"$schema": "study.schema.json"` in the file. Study files are JSON with comments; `study create` names
every mistake at once, and fields that are not listed here are mistakes.
"""

# Title of each section, and where in the schema it is.
SECTIONS = [
    ("Parameter: float", "float"),
    ("Parameter: int", "int"),
    ("Parameter: categorical", "categorical"),
    ("limits", "study_limits"),
    ("worker.limits", "limits"),
    ("worker", "worker"),
    ("role", "role"),
    ("sampler", "sampler"),
    ("pruner", "pruner"),
    ("experiment", "experiment"),
    ("stage", "stage"),
]


def literal(value):
    return "`" + json.dumps(value, ensure_ascii=False).replace("|", "\\|") + "`"


class Reference:
    def __init__(self, schema):
        self.definitions = schema["$defs"]
        self.later = []  # (title, object schema) met on the way

    def resolve(self, node):
        """A node with the definition that it refers to filled in, and that definition's name."""
        name = None
        while "$ref" in node:
            name = node["$ref"].rpartition("/")[2]
            node = {**self.definitions[name], **{k: v for k, v in node.items() if k != "$ref"}}
        return node, name

    def kind(self, node, title):
        node, name = self.resolve(node)
        sections = {definition: section for section, definition in SECTIONS}
        if name in sections:
            return f"see [{sections[name]}](#{anchor(sections[name])})"
        if "const" in node:
            return literal(node["const"])
        if "enum" in node:
            return ", ".join(literal(v) for v in node["enum"])
        if "oneOf" in node:
            return " or ".join(dict.fromkeys(self.kind(one, title) for one in node["oneOf"]))
        if "properties" in node and node.get("type") == "object":
            self.later.append((title, node))
            return f"see [{title}](#{anchor(title)})"
        if node.get("type") == "array":
            return f"list of {self.kind(node.get('items', {}), title)}"
        if node.get("type") == "object":
            return self.map_kind(node, title)
        kinds = node.get("type", "any JSON")
        words = " or ".join(kinds) if isinstance(kinds, list) else kinds
        return words + self.bounds(node)

    def map_kind(self, node, title):
        values = node.get("additionalProperties")
        if title == "params":
            return "object: each name with a " + ", ".join(
                f"[{kind}](#{anchor('Parameter: ' + kind)})"
                for kind in ("float", "int", "categorical")
            )
        if not isinstance(values, dict) or not values:
            return "object"
        return f"object: each name with {self.kind(values, title)}"

    @staticmethod
    def bounds(node):
        words = [
            text.format(node[key])
            for key, text in (
                ("minimum", "at least {}"),
                ("exclusiveMinimum", "above {}"),
                ("maximum", "at most {}"),
            )
            if key in node and abs(node[key]) < 2**53
        ]
        return f" ({', '.join(words)})" if words else ""

    def rows(self, node, title):
        required = node.get("required", [])
        yield "| member | value | default | |"
        yield "|---|---|---|---|"
        for name, member in node["properties"].items():
            if member is False:
                continue
            whole, _ = self.resolve(member)
            default = literal(whole["default"]) if "default" in whole else ""
            if name in required:
                default = "required"
            words = whole.get("description", "").replace("|", "\\|")
            below = name if title == "Study file" else f"{title}.{name}"
            yield f"| `{name}` | {self.kind(member, below)} | {default} | {words} |"

    def section(self, title, node):
        yield f"## {title}"
        yield ""
        if node.get("description"):
            yield node["description"]
            yield ""
        if "properties" in node:
            yield from self.rows(node, title)
            yield ""
        for one in node.get("oneOf", []) if "properties" not in node else []:
            one, _ = self.resolve(one)
            if "enum" in one:
                yield "A name alone: " + ", ".join(literal(v) for v in one["enum"]) + "."
                yield ""
            elif "properties" in one:
                names = one["properties"]["name"]
                words = names.get("enum") or [names["const"]]
                if list(one["properties"]) in (["name"], ["name", "version"]):
                    yield f"**{', '.join(words)}**: no members but `name`."
                    yield ""
                    continue
                yield f"**{', '.join(words)}**"
                yield ""
                yield from self.rows(one, f"{title} {words[0]}")
                yield ""

    def page(self, schema):
        yield INTRODUCTION
        yield "## Members"
        yield ""
        yield from self.rows(schema, "Study file")
        yield ""
        for title, name in SECTIONS:
            yield from self.section(title, self.definitions[name])
        done = set()
        while self.later:
            title, node = self.later.pop(0)
            if title not in done:
                done.add(title)
                yield from self.section(title, node)


def anchor(title):
    kept = "".join(c for c in title.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")


def main():
    schema = json.load(sys.stdin)
    sys.stdout.write("\n".join(Reference(schema).page(schema)).rstrip() + "\n")


if __name__ == "__main__":
    main()
