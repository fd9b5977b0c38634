// Asks for an SMS code and takes what the owner types.

import { seconds } from "../countdown";
import { digits_of } from "../digits";
import type { Application, Purpose } from "../protocol";
import { is_halted, is_ready } from "../reducer";
import type { View } from "../view";
import { use_now } from "../view";
import { Button } from "./button";

export const kCodeDigits = 6;

interface CodeFieldProps {
  view: View;
  application: Application;
  purpose: Purpose;
  code: string;
  onCode: (code: string) => void;
}

export function CodeField({ view, application, purpose, code, onCode }: CodeFieldProps) {
  const { state, t } = view;
  const now = use_now();
  const sent = state.sent_code?.purpose === purpose ? state.sent_code : null;
  const resend_ms = sent ? sent.resend_at - now : 0;
  const usable = is_ready(state) && !is_halted(application) && resend_ms <= 0;
  return (
    <div class="field">
      <label for="code">
        {t.code} <span class="quiet">{t.code_rule}</span>
      </label>
      <div class="code">
        <input
          id="code"
          name="code"
          inputMode="numeric"
          autoComplete="one-time-code"
          aria-describedby="code-sent"
          value={code}
          onInput={(event) => {
            event.currentTarget.value = digits_of(event.currentTarget.value);
            onCode(event.currentTarget.value);
          }}
        />
        <Button
          usable={usable}
          onPress={() => view.ask({ op: "send_code", vehicle: application.vehicle, for: purpose })}
        >
          {resend_ms > 0 ? t.resend_in(seconds(resend_ms)) : sent ? t.send_again : t.send_code}
        </Button>
      </div>
      <p class="quiet" id="code-sent" role="status">
        {sent && sent.sent_to !== "" && now < sent.expires_at
          ? t.sent_to(sent.sent_to, sent.valid_minutes)
          : t.code_hint}
      </p>
    </div>
  );
}
