#!/usr/bin/python3
"""Draws what a program wrote on a terminal as an SVG picture.

    script -qec 'build/release/cli/dispatch demo' /dev/null | tools/terminal_svg.py > picture.svg

    tmux capture-pane -p -e | tools/terminal_svg.py > picture.svg

Knows bold, dim, inverted and reset (SGR 1, 2, 7, 0), carriage returns and erased lines, no more.
"""

import html
import re
import sys

CELL_WIDTH, CELL_HEIGHT, MARGIN = 8.4, 19, 16  # pixels, for letters of 14 pixels
SGR = re.compile(r'\x1b\[([\d;]*)m')
OTHER_ESCAPE = re.compile(r'\x1b\[[0-9;?]*[A-Za-ln-z]')
STYLES = {'1': 'bold', '2': 'dim', '7': 'inverted'}


def runs(line):
    """(column, style, text) of each piece of a line."""
    styles, column = set(), 0
    for index, piece in enumerate(SGR.split(line)):
        if index % 2:
            for code in piece.split(';'):
                styles = set() if code in ('', '0') else styles | {STYLES.get(code, '')} - {''}
        elif piece:
            yield column, ' '.join(sorted(styles)), piece
            column += len(piece)


def draw(lines):
    width = max(sum(len(text) for _, _, text in runs(line)) for line in lines) * CELL_WIDTH + 2 * MARGIN
    height = len(lines) * CELL_HEIGHT + 2 * MARGIN
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" '
           f'viewBox="0 0 {width:.0f} {height}">')
    yield ('<style>text { font: 14px "DejaVu Sans Mono", Menlo, Consolas, monospace; fill: #d8dee9; '
           'white-space: pre } .bold, .prompt { font-weight: bold; fill: #fff } .dim { fill: #8089a0 } '
           'text.inverted { fill: #1d2330 } rect.inverted { fill: #d8dee9 }</style>')
    yield '<rect width="100%" height="100%" rx="8" fill="#1d2330"/>'
    for row, line in enumerate(lines):
        for column, style, text in runs(line):
            style = 'prompt' if column == 0 and text.startswith('$ ') else style
            x, y = MARGIN + column * CELL_WIDTH, MARGIN + (row + 0.75) * CELL_HEIGHT
            length = len(text) * CELL_WIDTH
            if 'inverted' in style:
                yield (f'<rect x="{x:.1f}" y="{MARGIN + row * CELL_HEIGHT:.1f}" width="{length:.1f}" '
                       f'height="{CELL_HEIGHT}" class="inverted"/>')
            yield (f'<text x="{x:.1f}" y="{y:.1f}" textLength="{length:.1f}" class="{style}" '
                   f'xml:space="preserve">{html.escape(text)}</text>')
    yield '</svg>'


def main():
    text = OTHER_ESCAPE.sub('', sys.stdin.read().replace('\r\n', '\n'))
    # What stood in a line before a carriage return has been written over.
    lines = [line.rstrip('\r').rsplit('\r', 1)[-1].rstrip() for line in text.rstrip('\n').split('\n')]
    print('\n'.join(draw(lines)))


if __name__ == '__main__':
    main()
