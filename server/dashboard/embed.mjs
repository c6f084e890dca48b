// Compresses the built page and writes the C++ source that links its files into the program.
//
//   node embed.mjs DIST PACKED SOURCE
import {createHash} from 'node:crypto';
import {mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {extname, join, relative, resolve} from 'node:path';
import {gzipSync} from 'node:zlib';

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

const [dist, packed, source] = process.argv.slice(2).map(path => resolve(path));
const names = readdirSync(dist, {recursive: true, withFileTypes: true})
  .filter(entry => entry.isFile())
  .map(entry => relative(dist, join(entry.parentPath ?? entry.path, entry.name)))
  .sort();
rmSync(packed, {recursive: true, force: true});
mkdirSync(packed, {recursive: true});

const files = names.map((name, i) => {
  const type = types[extname(name)];
  if (!type) throw new Error(`${name}: no content type for it in embed.mjs`);
  const content = readFileSync(join(dist, name));
  const gzip = gzipSync(content, {level: 9});
  const path = join(packed, `${i}.gz`);
  writeFileSync(path, gzip);
  return {name, type, path, etag: createHash('sha256').update(content).digest('hex').slice(0, 32)};
});

const label = i => `studyhall_dashboard_${i}`;
writeFileSync(
  source,
  `#include "server/dashboard_files.h"

#include <array>

// A C++ array of this size would take the compiler minutes.
${files
  .map(
    (file, i) => `asm(R"(.pushsection .rodata
.global ${label(i)}
${label(i)}: .incbin "${file.path}"
.global ${label(i)}_end
${label(i)}_end: .byte 0
.popsection)");
extern "C" const char ${label(i)};
extern "C" const char ${label(i)}_end;`,
  )
  .join('\n')}

namespace studyhall::server {

std::span<const DashboardFile> dashboard_files() {
  static const std::array<DashboardFile, ${files.length}> kFiles{{
${files
  .map(
    (file, i) => `      {"${file.name}", "${file.type}", "\\"${file.etag}\\"",
       {&${label(i)}, static_cast<std::size_t>(&${label(i)}_end - &${label(i)})}},`,
  )
  .join('\n')}
  }};
  return kFiles;
}

}  // namespace studyhall::server
`,
);
