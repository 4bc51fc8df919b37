#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# Looks at the page of a long run in Chromium, as wide as a phone and as a desk, in light and dark:
# that nothing sticks out to the right, and that all text stands out from what is behind it. The
# page is that of a run of some seconds, on a tracker with ten bugs (build/fuzz has to be
# configured), or the one that is given. Usage: scripts/page.sh [INDEX.HTML]. Two pictures stay in
# build/page/. Exit code: 1 it does not look as it should, 2 it could not be looked at.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
die() { printf 'page: %s\n' "$*" >&2; exit 2; }
command -v chromium >/dev/null || die "nobody looked at the page: there is no chromium"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pictures=$root/build/page
mkdir -p "$pictures"

make_page() {
  local bugs=$root/build/fuzz/bugs/together
  cmake --build "$root/build/fuzz" --target bug_together_{libfuzzer,tidemark} seeds_alone >&2 ||
    die "could not build"
  "$bugs/tidemark" fuzz --subject all --seconds 6 --turn-seconds 3 --target "$bugs/libfuzzer" \
    --seeds "$root/build/fuzz/seeds_alone" --outcomes "$root/corpus/outcomes.txt" \
    --work "$work/fuzzing" --findings "$work/findings" >"$work/said" 2>&1 || (($? == 1)) ||
    { cat "$work/said" >&2; die "the run that makes a page failed"; }
}

# The page in two frames, and what is wrong with it as the text of #said.
write_frames() {
  cat >"$work/frames.html" <<END
<!DOCTYPE html><meta charset="utf-8"><style>body{margin:0;display:flex;gap:10px}
iframe{border:0;height:2400px;flex:none}#said{display:none}</style>
<iframe style="width:390px" src="file://$1"></iframe>
<iframe style="width:1280px" src="file://$1"></iframe><pre id="said">nothing was looked at</pre>
END
  cat >>"$work/frames.html" <<'END'
<script>
const numbers = colour => colour.match(/[\d.]+/g).map(Number)
const light = colour => numbers(colour).slice(0, 3)
  .map(c => c / 255).map(c => c <= .04 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [.2126, .7152, .0722][i], 0)
const contrast = (a, b) => (Math.max(a, b) + .05) / (Math.min(a, b) + .05)
function behind(element, view) {
  for (let e = element; e; e = e.parentElement) {
    const colour = view.getComputedStyle(e).backgroundColor
    if (numbers(colour)[3] !== 0) return colour
  }
  return 'rgb(255, 255, 255)'
}
function look(frame) {
  const view = frame.contentWindow, page = frame.contentDocument, wrong = []
  const say = what => wrong.push(frame.style.width + ': ' + what)
  for (const one of page.querySelectorAll('details')) one.open = true
  const width = page.documentElement.clientWidth
  if (page.documentElement.scrollWidth > width)
    say('is ' + page.documentElement.scrollWidth + ' wide')
  const dark = matchMedia('(prefers-color-scheme: dark)').matches
  if (light(behind(page.body, view)) > .5 === dark) say('the paper is ' + behind(page.body, view))
  let texts = 0
  const walker = page.createTreeWalker(page.body, NodeFilter.SHOW_TEXT)
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = view.getComputedStyle(element)
    const text = walker.currentNode.data.trim()
    // The picture of a finding has boxes of its own behind its text.
    if (!text || !element.checkVisibility() || element.closest('svg.tm')) continue
    ++texts
    const ink = element.closest('svg') ? style.fill : style.color
    const ratio = contrast(light(ink), light(behind(element, view)))
    if (ratio < 4.5) say('contrast ' + ratio.toFixed(1) + ': ' + text)
    if (parseFloat(style.fontSize) < 11) say('small: ' + text)
    const box = element.getBoundingClientRect()
    if (box.right > width + 1 && !element.closest('figure')) say('sticks out: ' + text)
  }
  for (const chart of page.querySelectorAll('svg.chart')) {
    const boxes = [...chart.querySelectorAll('text')].map(text => text.getBoundingClientRect())
    boxes.forEach((a, i) => boxes.slice(i + 1).forEach(b => {
      if (a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
        say('texts overlap in ' + chart.getAttribute('aria-label'))
    }))
  }
  for (const word of ['Figures', 'Notes', 'Findings', 'Never reached'])
    if (!page.body.textContent.includes(word)) say('has no ' + word)
  if (page.querySelectorAll('svg.chart').length !== 4) say('has not four charts')
  if (texts < 30) say('has only ' + texts + ' texts')
  return wrong
}
onload = () => {
  const wrong = [...document.querySelectorAll('iframe')].flatMap(look)
  said.textContent = wrong.join('\n') || 'looked: fine'
}
</script>
END
}

browser() {
  timeout 60 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
    --allow-file-access-from-files --user-data-dir="$work/profile" --window-size=1680,2400 "$@" \
    "file://$work/frames.html" 2>"$work/log" || { tail -n 5 "$work/log" >&2; die "chromium failed"; }
}

page=${1:-}
[[ $page ]] || { make_page; page=$work/fuzzing/index.html; }
[[ -e $page ]] || die "there is no $page"
write_frames "$(realpath "$page")"
wrong=0
for scheme in dark light; do
  scheme_option=--blink-settings=preferredColorScheme=$([[ $scheme == dark ]] && echo 0 || echo 1)
  said=$(browser "$scheme_option" --dump-dom | tr '\n' '\001' |
    sed 's/.*<pre id="said">//; s/<\/pre>.*//' | tr '\001' '\n')
  browser "$scheme_option" --screenshot="$pictures/$scheme.png" >/dev/null
  printf '%s: %s\n' "$scheme" "$said"
  [[ $said == 'looked: fine' ]] || wrong=$((wrong + 1))
done
echo "pictures: $pictures/dark.png $pictures/light.png"
((wrong == 0))
