// Taps and keys as both protocols of WebDriver want them told.

export function tap_of(pointer_type, x, y) {
  const actions = [
    { type: "pointerMove", x: Math.round(x), y: Math.round(y) },
    { type: "pointerDown", button: 0 },
    { type: "pointerUp", button: 0 },
  ];
  return [{ type: "pointer", id: "pointer", parameters: { pointerType: pointer_type }, actions }];
}

export function keys_of(text) {
  const actions = [...text].flatMap((value) => [
    { type: "keyDown", value },
    { type: "keyUp", value },
  ]);
  return [{ type: "key", id: "keys", actions }];
}
