// The voucher's one script: a button that prints, where there is a browser that can.

const button = document.getElementById("print");
if (button) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
