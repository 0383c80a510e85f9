from tests.browser.real_site import *
def test_probe(site, browser):
    with site.window(browser, ADMIN) as w:
        page=w.new_page()
        page.goto("/account")
        print(page.evaluate("""() => document.fonts.ready.then(() => ['"tnum", "cv05", "ss03"','"cv05", "ss03"','"tnum"','"cv05"','"ss03"'].map(f => { const s=document.createElement('span'); s.textContent='n-n'; s.style.fontFeatureSettings=f; s.style.position='absolute'; document.body.append(s); const a=s.getBoundingClientRect().width; s.textContent='nn'; const b=s.getBoundingClientRect().width; return f+' '+(a-b).toFixed(2)}))"""))
