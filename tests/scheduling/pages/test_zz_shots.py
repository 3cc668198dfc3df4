import os, pytest
from pathlib import Path
from playwright.sync_api import sync_playwright
from tests.portal.servers import uvicorn_running
from tests.scheduling.pages.seed import seed_make
from tests.people import people_make
OUT=Path("/tmp/shots_sched"); OUT.mkdir(exist_ok=True)
@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(500)
def test_shots(people_committed, tmp_path):
    seed=seed_make()
    pages={"home":("operator","/ops/"),"grid":("operator","/ops/quota/"),"alloc":("alice",f"/t/vision/allocations/{seed.coming.pk}/"),"active":("operator",f"/t/vision/allocations/{seed.active.pk}/"),
      "wait":("alice",f"/t/vision/allocations/{seed.waiting.pk}/"),"job":("alice",f"/jobs/{seed.job.pk}/"),"jobs":("operator","/jobs/"),"allocs":("operator","/ops/allocations/"),"own":("alice","/t/vision/quota/"),"thome":("alice","/t/vision/"),"rel":("alice",f"/t/vision/allocations/{seed.active.pk}/release/"),"hist":("operator","/ops/quota/1/"),"drift":("operator","/ops/drift/")}
    want=os.environ.get("SHOTS","").split() or list(pages)
    from scheduling.models import Quota
    from portal.scope import scope; from portal.viewer import Viewer
    with scope(Viewer.system("x")): q=Quota.objects.filter(tenant_key="vision").first().pk
    pages["hist"]=("operator",f"/ops/quota/{q}/")
    combos=[c.split("-") for c in os.environ.get("COMBOS","light-1366-en").split()]
    with uvicorn_running(tmp_path/"log", os.environ.get("APP","tests.portal.fast_asgi")) as server, sync_playwright() as p:
        b=p.chromium.launch(executable_path="/usr/bin/chromium",args=["--no-sandbox","--disable-gpu","--disable-quic","--no-first-run","--disable-background-networking","--disable-component-update","--disable-sync"])
        for theme,width,lang in combos:
            for name in want:
                who,url=pages[name]
                c=getattr(people_committed,who).client()
                ctx=b.new_context(viewport={"width":int(width),"height":768 if int(width)>500 else 844},locale="en-US" if lang=="en" else "zh-CN",color_scheme=theme)
                ctx.add_cookies([{"name":"sessionid" if "sessionid" in c.cookies else list(c.cookies)[0],"value":list(c.cookies.values())[0].value,"url":server.origin},{"name":"berth_theme","value":theme,"url":server.origin},{"name":"berth_language","value":"en" if lang=="en" else "zh-hans","url":server.origin}])
                page=ctx.new_page()
                page.on("console",lambda m,n=name: print("CONSOLE",n,m.type,m.text[:200]) if m.type in("error","warning") else None)
                page.goto(server.origin+url); page.wait_for_timeout(900)
                if name=="grid" and os.environ.get("EDIT"):
                    i=page.locator("input[name^=v-]").nth(4); i.fill(os.environ["EDIT"],timeout=3000); page.wait_for_timeout(1200)
                w=page.evaluate("[document.documentElement.scrollWidth, innerWidth, document.documentElement.scrollHeight]")
                print("SIZE",name,theme,width,lang,w, page.title())
                page.screenshot(path=str(OUT/f"{name}-{theme}-{width}-{lang}.png"),full_page=True)
                ctx.close()
        b.close()
    print((tmp_path/"log").read_text()[-1500:] if os.environ.get("LOG") else "")
