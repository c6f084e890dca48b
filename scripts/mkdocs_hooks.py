"""Makes pages of doc/ that are read in the repository fit for the site.

Links to files outside doc/ become their names, and names of other pages ("doc/noise.md", "security.md") links.
"""

import re

OUTSIDE = re.compile(r"\[([^\]]+)\]\((?:\.\./)+([^)]*)\)")
FENCE = re.compile(r"(^```.*?^```\n|^(?: {4}.*\n)+|`[^`\n]+`|\[[^\]]+\]\([^)]*\))", re.M | re.S)
PAGE = re.compile(r"(?<![\w/.])(?:doc/)?([a-z_]+\.md)\b")


def on_page_markdown(markdown, page, files, **_):
    text = OUTSIDE.sub(lambda m: m.group(1) if m.group(1).strip("`") in m.group(2) else
                       f"{m.group(1)} (`{m.group(2)}`)", markdown)

    def link(match):
        name = match.group(1)
        known = files.get_file_from_path(name) is not None and name != page.file.src_path
        return f"[{name.removesuffix('.md').replace('_', ' ')}]({name})" if known else match.group(0)

    parts = FENCE.split(text)
    return "".join(part if i % 2 else PAGE.sub(link, part) for i, part in enumerate(parts))
