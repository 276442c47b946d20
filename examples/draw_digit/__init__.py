"""A page to draw on: while a digit is drawn, it shows what the network sees, what it takes it for, and why.

`__main__` is the command, `server` answers the page's questions, `look` asks the network, and the folder `page` is what
the browser loads: `index.html` and `page.css`, `canvas.js` to draw on, `pictures.js` for what is drawn in answer, and
`page.js`, which joins them.
"""
