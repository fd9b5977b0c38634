// The style of a report's page. Light and dark are the reader's choice; paper is always light.
#pragma once

#include <string_view>

namespace plated::load {

inline constexpr std::string_view kPageStyle = R"css(
:root{color-scheme:light dark;--paper:#fbfbf9;--card:#fff;--ink:#1b1f24;--soft:#5c6670;--rule:#dfe2e0;
--c1:#2f6fde;--c2:#e07b00;--c3:#b3261e;--c4:#7a7f87;--good:#1a7f45;--bad:#b3261e;--before:#8a8f98;--shade:#0000000d}
@media (prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1c2024;--ink:#e8eaec;--soft:#9aa4ad;
--rule:#32383d;--c1:#6ea3ff;--c2:#ffb04d;--c3:#ff7b72;--c4:#a8afb7;--good:#5bd08a;--bad:#ff7b72;
--before:#8a929b;--shade:#ffffff12}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,"Noto Sans","Noto Sans CJK SC",sans-serif}
main{max-width:960px;margin:0 auto;padding:28px 20px 60px}
header{border-bottom:2px solid var(--ink);padding-bottom:14px;margin-bottom:20px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:17px;margin:0}
header p,figcaption p,.note{color:var(--soft);margin:0}
.verdict{display:inline-block;margin-top:10px;padding:3px 10px;border-radius:4px;color:#fff;font-weight:600}
.verdict.good{background:#1a7f45}.verdict.bad{background:#b3261e}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(136px,1fr));gap:10px;margin-bottom:22px}
.tile{background:var(--card);border:1px solid var(--rule);border-radius:8px;padding:10px 12px}
.tile>b{display:block;font-size:21px;font-variant-numeric:tabular-nums;white-space:nowrap}
.tile span{color:var(--soft);font-size:13px}
.tile em{display:block;font-style:normal;font-size:13px;color:var(--soft)}.tile em b{white-space:nowrap}
.better{color:var(--good)!important}.worse{color:var(--bad)!important}
figure,section{background:var(--card);border:1px solid var(--rule);border-radius:8px;margin:0 0 18px;padding:14px 16px}
svg{display:block;width:100%;height:auto}
.legend{display:flex;flex-wrap:wrap;gap:4px 16px;margin:8px 0 2px;font-size:13px}
.legend i{display:inline-block;width:18px;height:0;border-top:3px solid;vertical-align:middle;margin-right:6px}
.grid{stroke:var(--rule)}.mark{stroke:var(--soft)}
.tick{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.hints{fill:transparent}.hints circle:hover{fill:currentColor}
.shade{fill:var(--shade)}
.c1{stroke:var(--c1);border-color:var(--c1);color:var(--c1)}.c2{stroke:var(--c2);border-color:var(--c2);color:var(--c2)}
.c3{stroke:var(--c3);border-color:var(--c3);color:var(--c3)}
.c4{stroke:var(--c4);border-color:var(--c4);color:var(--c4);stroke-dasharray:2 4}.legend .c4{border-top-style:dotted}
.before{stroke:var(--before);border-color:var(--before);color:var(--before);stroke-dasharray:7 5}
.legend .before{border-top-style:dashed}
.hints{stroke:none}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;margin-top:8px}
th,td{text-align:right;padding:4px 8px;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left;padding-left:0}
th{font-weight:600;color:var(--soft);font-size:13px}
tr:last-child td{border-bottom:0}
.ground th,.ground td{text-align:left;vertical-align:top;white-space:normal;overflow-wrap:anywhere}
.ground td:first-child{color:var(--soft);white-space:nowrap}
td.bar{width:45%}td.bar i{display:block;height:10px;border-radius:2px;min-width:2px}
td.bar .good{background:var(--c1)}td.bar .bad{background:var(--c3)}
.scroll{overflow-x:auto}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 18px;margin:8px 0 0}
dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
.nothing{color:var(--soft)}
@media (max-width:560px){main{padding:18px 12px 40px}dl{grid-template-columns:1fr}dd{margin-bottom:6px}}
@media print{:root{--paper:#fff;--card:#fff;--ink:#000;--soft:#444;--rule:#bbb;--c1:#2f6fde;--c2:#e07b00;
--c3:#b3261e;--c4:#7a7f87;--good:#1a7f45;--bad:#b3261e;--before:#777;--shade:#0000000d}
main{max-width:none;padding:0}figure,section,.tile{break-inside:avoid}
.verdict{border:1px solid;print-color-adjust:exact;-webkit-print-color-adjust:exact}
td.bar i{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";

}  // namespace plated::load
