// The pictures of the answer: 28 x 28 values as squares of 10 x 10.

const SIDE = 28;
const BLUE = [0, 114, 178]; // the ends of the scale, as in page.css
const VERMILION = [213, 94, 0];

function squares(canvas, colour) {
  const context = canvas.getContext("2d");
  const size = canvas.width / SIDE;
  context.clearRect(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < SIDE * SIDE; i++) {
    context.fillStyle = colour(i);
    context.fillRect((i % SIDE) * size, Math.floor(i / SIDE) * size, size, size);
  }
}

// Grey values 0 to 255, white on black as MNIST's are.
export function showImage(canvas, image) {
  squares(canvas, (i) => `rgb(${image[i]} ${image[i]} ${image[i]})`);
}

// Blue below 0, white at 0, vermilion above; the outline of the image is drawn over it. Returns the end of the scale.
export function showGradient(canvas, gradient, image) {
  const largest = Math.max(...gradient.map(Math.abs));
  squares(canvas, (i) => {
    const share = largest ? gradient[i] / largest : 0;
    const end = share < 0 ? BLUE : VERMILION;
    return `rgb(${end.map((part) => Math.round(255 + Math.abs(share) * (part - 255))).join(" ")})`;
  });
  outline(canvas, image);
  return largest;
}

export function empty(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}

// A line between each two neighbours of which one has ink and the other has none.
function outline(canvas, image) {
  const context = canvas.getContext("2d");
  const size = canvas.width / SIDE;
  const inked = (x, y) => x >= 0 && y >= 0 && x < SIDE && y < SIDE && image[y * SIDE + x] > 127;
  context.beginPath();
  for (let y = 0; y <= SIDE; y++) {
    for (let x = 0; x <= SIDE; x++) {
      if (inked(x, y) !== inked(x - 1, y)) {
        context.moveTo(x * size, y * size);
        context.lineTo(x * size, (y + 1) * size);
      }
      if (inked(x, y) !== inked(x, y - 1)) {
        context.moveTo(x * size, y * size);
        context.lineTo((x + 1) * size, y * size);
      }
    }
  }
  context.lineCap = "square";
  context.lineWidth = 1.5;
  context.strokeStyle = "#16181d";
  context.stroke();
}
