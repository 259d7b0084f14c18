// One constructed sheet: works under a policy without unsafe-inline, and touches nothing outside.
export const css = `
.panel{--bg:#fff;--fg:#1a1b1e;--soft:#f1f3f5;--line:#dee2e6;--dim:#5c5f66;--bad:#c92a2a;
 position:fixed;inset-block-end:88px;inset-inline-end:20px;inline-size:min(380px,calc(100vw - 24px));
 block-size:min(640px,calc(100dvh - 108px));z-index:2147483001;display:flex;flex-direction:column;
 overflow:hidden;border-radius:16px;background:var(--bg);color:var(--fg);box-shadow:0 12px 48px #0005;
 font:15px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;text-align:start}
.panel *{box-sizing:border-box}
.panel.left{inset-inline:20px auto}
.panel.whole{inset:0;margin:auto;inline-size:min(760px,100vw);block-size:100dvh;border-radius:0;box-shadow:none}
.panel[hidden]{display:none}
header{display:flex;align-items:center;gap:12px;padding:14px 12px 14px 16px;background:var(--c);color:var(--t)}
header div{flex:1;min-inline-size:0}
h2{margin:0;font-size:16px;line-height:1.3;font-weight:650;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
header p{margin:0;font-size:13px}
button{font:inherit;color:inherit;cursor:pointer;border:0;background:none;border-radius:10px}
.icon{inline-size:40px;block-size:40px;display:grid;place-items:center;flex:none}
.icon svg{inline-size:22px;block-size:22px}
header .icon:hover{background:#0002}
.out{padding:8px;font-size:13px;text-decoration:underline}
.compose .icon:hover:not(:disabled){background:var(--soft)}
:focus-visible{outline:2px solid var(--c);outline-offset:2px}
header :focus-visible{outline-color:var(--t);outline-offset:-3px}
.net{padding:8px 14px;background:#fff3bf;color:#5f3b00;font-size:13px}
.log{flex:1;overflow-y:auto;overflow-anchor:none;overscroll-behavior:contain;padding:14px;display:flex;flex-direction:column;gap:4px;margin:0;list-style:none}
.day{align-self:center;margin-block:10px 6px;color:var(--dim);font-size:12px}
.m{max-inline-size:84%;display:flex;flex-direction:column;align-self:flex-start;align-items:flex-start;margin-block-start:4px}
.m.me{align-self:flex-end;align-items:flex-end}
.m.sys{align-self:center;max-inline-size:100%;color:var(--dim);font-size:13px;text-align:center}
.who{font-size:12px;color:var(--dim);margin:6px 4px 2px}
.b{padding:9px 13px;border-radius:16px 16px 16px 4px;background:var(--soft);white-space:pre-wrap;overflow-wrap:anywhere}
.me .b{background:var(--c);color:var(--t);border-radius:16px 16px 4px 16px}
.meta{font-size:12px;color:var(--dim);margin:2px 4px 0}
.meta.bad{color:var(--bad)}
.meta button{color:inherit;text-decoration:underline;padding:4px 6px;min-block-size:24px}
.file{display:flex;gap:8px;align-items:center;margin-block-start:6px;padding:8px 10px;border:1px solid var(--line);
 border-radius:10px;color:inherit;text-decoration:none;max-inline-size:100%}
.me .file{border-color:currentColor}
.file span{overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.file small{white-space:nowrap}
.dots{display:flex;gap:4px;padding:12px 14px}
.dots i{inline-size:7px;block-size:7px;border-radius:50%;background:var(--dim);animation:cc 1.2s infinite}
.dots i:nth-child(2){animation-delay:.2s}.dots i:nth-child(3){animation-delay:.4s}
@keyframes cc{0%,60%,100%{opacity:.3}30%{opacity:1}}
.compose{display:flex;align-items:flex-end;gap:2px;padding:8px;border-block-start:1px solid var(--line)}
.compose button:disabled{opacity:.45;cursor:default}
.compose .send{color:var(--c)}
textarea,input{font:inherit;color:inherit;background:var(--bg);border:1px solid #868e96;border-radius:10px;padding:9px 12px;inline-size:100%}
.compose textarea{border-color:transparent;resize:none;max-block-size:140px;min-block-size:40px;padding-inline:6px}
.compose textarea:focus-visible{outline-offset:-1px}
.up{display:flex;align-items:center;gap:8px;padding:6px 14px;font-size:13px}
.up progress{flex:1;block-size:6px;accent-color:var(--c)}
form.ask{padding:18px 16px;display:flex;flex-direction:column;gap:12px;overflow-y:auto}
.ask p{margin:0}.ask label{display:flex;flex-direction:column;gap:4px;font-size:14px}
.go2{background:var(--c);color:var(--t);padding:11px 16px;font-weight:600}
.err{color:var(--bad);font-size:13px}
.vh{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%)}
@media (prefers-color-scheme:dark){
 .panel{--bg:#1a1b1e;--fg:#f1f3f5;--soft:#2c2e33;--line:#373a40;--dim:#adb5bd;--bad:#ff8787}
 .compose .send{color:var(--fg)}:focus-visible{outline-color:var(--fg)}}
@media (max-width:480px){
 .panel:not(.whole){inset:0;inline-size:100%;block-size:100dvh;border-radius:0}}
@media (prefers-reduced-motion:reduce){.dots i{animation:none}}
`;
