// Drawing by mouse, finger, pen or keyboard. After each change the canvas fires an "input" event, as a form field does.

export const SIDE = 280; // pixels; server.py has the same
const PEN = 22; // pixels: MNIST's strokes are about a ninth as wide as its digits are high
const STEP = 8; // pixels that an arrow key moves the pen

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Drawing {
  constructor(canvas, pen) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d", { willReadFrequently: true });
    this.context.lineCap = "round";
    this.context.lineWidth = PEN;
    this.context.strokeStyle = this.context.fillStyle = getComputedStyle(canvas).color;
    this.#listenToPointers();
    this.#listenToKeys(pen);
  }

  // The ink on each pixel, 0 to 255, row after row: the paper is transparent, so that ink is opacity.
  pixels() {
    const colours = this.context.getImageData(0, 0, SIDE, SIDE).data;
    return new Uint8Array(SIDE * SIDE).map((_, i) => colours[4 * i + 3]);
  }

  clear() {
    this.context.clearRect(0, 0, SIDE, SIDE);
    this.#changed();
  }

  #line(from, to) {
    this.context.beginPath();
    this.context.arc(...to, PEN / 2, 0, 2 * Math.PI);
    this.context.fill();
    this.context.beginPath();
    this.context.moveTo(...from);
    this.context.lineTo(...to);
    this.context.stroke();
  }

  #changed() {
    this.canvas.dispatchEvent(new Event("input"));
  }

  #listenToPointers() {
    const last = new Map(); // of each finger that is down: where it was
    const place = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [((event.clientX - box.left) * SIDE) / box.width, ((event.clientY - box.top) * SIDE) / box.height];
    };
    const draw = (events) => {
      for (const event of events) {
        const here = place(event);
        this.#line(last.get(event.pointerId) ?? here, here);
        last.set(event.pointerId, here);
      }
      this.#changed();
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      this.canvas.setPointerCapture(event.pointerId);
      draw([event]);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!last.has(event.pointerId)) return;
      const passed = event.getCoalescedEvents(); // what the browser gathered since the last frame
      draw(passed.length ? passed : [event]);
    });
    for (const end of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(end, (event) => last.delete(event.pointerId));
    }
  }

  #listenToKeys(pen) {
    const held = new Set();
    let [x, y] = [SIDE / 2, SIDE / 4];
    let down = false;
    const show = () => {
      pen.style.left = `${(100 * x) / SIDE}%`;
      pen.style.top = `${(100 * y) / SIDE}%`;
      pen.classList.toggle("down", down);
    };
    const inside = (place) => Math.min(Math.max(place, PEN / 2), SIDE - PEN / 2);
    const move = () => {
      const from = [x, y];
      for (const key of held) {
        x = inside(x + STEP * ARROWS[key][0]);
        y = inside(y + STEP * ARROWS[key][1]);
      }
      if (down) this.#stroke(from, [x, y]);
    };
    this.canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      if (event.key in ARROWS) {
        held.add(event.key);
        move();
      } else if (event.key === " ") {
        if (event.repeat) return event.preventDefault();
        down = !down;
        if (down) this.#stroke([x, y], [x, y]);
      } else if (event.key === "Delete" || event.key === "Backspace") {
        this.clear();
      } else return;
      event.preventDefault();
      show();
    });
    this.canvas.addEventListener("keyup", (event) => held.delete(event.key));
    this.canvas.addEventListener("blur", () => {
      held.clear();
      down = false;
      show();
    });
    show();
  }

  #stroke(from, to) {
    this.#line(from, to);
    this.#changed();
  }
}
