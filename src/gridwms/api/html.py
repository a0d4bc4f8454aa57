"""Small pages, made by hand: everything that comes from outside goes through `escape`."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from urllib.parse import urlsplit

from gridwms.api.plain import facts
from gridwms.bookkeeping.event import Event
from gridwms.bookkeeping.status import JobStatus
from gridwms.bookkeeping.text_view import job_text as lb_text
from gridwms.bookkeeping.text_view import parse_page
from gridwms.bookkeeping.text_view import state_text as lb_state
from gridwms.flow.status import EventView, JobView, Page
from gridwms.flow.wording import event_text, state_text, utc

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #888; --good: #2a7f3f; --bad: #b3362c; --busy: #2b62ad }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2.5rem auto; padding: 0 1rem }
h1 { font-size: 1.3rem; font-weight: 600; margin: 0 0 .2rem } h2 { font-size: 1rem; margin: 2rem 0 .4rem }
.state, .bar { color: var(--busy) } .DONE, .CLEARED { color: var(--good) }
.ABORTED, .CANCELLED, .FAILED { color: var(--bad) } .soft { color: var(--soft) }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .25rem .8rem
.25rem 0; border-bottom: 1px solid var(--line); overflow-wrap: anywhere } th { font-weight: 500; color: var(--soft);
white-space: nowrap; width: 8rem } td.time { white-space: nowrap; font-variant-numeric: tabular-nums }
code, input { font: 13px ui-monospace, monospace }
input[type=password] { width: 24rem; max-width: 100%; padding: .3rem }
p.bars { display: flex; height: .6rem; gap: 2px } span.bar { background: currentColor }
button { font: inherit; padding: .2rem .8rem } p.error { color: var(--bad) } form.corner { float: right }
"""


def job_page(job: JobView, events: Sequence[EventView], reader: str, nodes: Page | None = None) -> str:
    """State, facts and history of a job; of a compound its nodes too, a page of them."""
    kind = "FAILED" if job.done_code == "FAILED" else str(job.state)
    values = dict(facts(job))
    rows = "".join(_row(name, value) for name, value in values.items() if name not in ("job", "state", "since"))
    history = "".join(
        f"<tr><td class=time>{utc(event.time)}</td><td>{escape(event.type)}</td><td>{escape(event.source)}</td>"
        f"<td>{escape(event_text(event.type, event.data, event.reason))}</td></tr>"
        for event in events
    )
    body = f"""
<form class=corner method=post action=/logout><span class=soft>{escape(reader)}</span> <button>Log out</button></form>
<h1>Job <code>{escape(job.key)}</code></h1>
<p><strong class="state {escape(kind)}">{escape(values["state"])}</strong>
<span class=soft>since {utc(job.state_since)}</span></p>
<table>{rows}</table>
{_nodes(job, nodes) if nodes else ""}
<h2>History</h2>
<table>{history}</table>
"""
    return _page(f"{job.state} {job.key}", body)


def _nodes(job: JobView, page: Page) -> str:
    """The histogram as a bar, then the nodes, with a link to those behind them."""
    bar = "".join(
        f'<span class="bar {state}" style="flex:{count}" title="{count} {state}"></span>'
        for state, count in job.histogram.items()
    )
    links = " ".join(
        f'<a href="/jobs/{escape(job.key)}?state={state}">{count} {state}</a>' for state, count in job.histogram.items()
    )
    rows = "".join(
        f'<tr><td><a href="/jobs/{escape(node.key)}">{escape(node.node_name)}</a></td>'
        f'<td class="state {node.state}">{escape(state_text(node))}</td>'
        f"<td>{escape(node.site)}</td><td>{escape(node.reason.sentence if node.reason else '')}</td></tr>"
        for node in page.jobs
    )
    more = ""
    if page.next is not None:
        more = f'<p><a rel=next href="/jobs/{escape(job.key)}?after={page.next}{_only(page)}">More nodes</a></p>'
    return f"<h2>Nodes</h2><p class=bars>{bar}</p><p>{links}</p><table>{rows}</table>{more}"


def _only(page: Page) -> str:
    return f"&amp;state={','.join(page.states)}" if page.states else ""


def login_page(to: str, error: str = "") -> str:
    """Asks for the token of the user."""
    told = f"<p class=error>{escape(error)}</p>" if error else ""
    body = f"""
<h1>gridwms</h1>
<p>Paste your token: it is in the file <code>token</code> of the service's data directory.</p>
{told}
<form method=post action=/login>
<input type=hidden name=to value="{escape(to)}">
<input type=password name=token autofocus autocomplete=current-password aria-label=Token>
<button>Log in</button>
</form>
"""
    return _page("Log in", body)


def _row(name: str, value: str) -> str:
    return f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>"


def _page(title: str, body: str) -> str:
    return (
        '<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<title>{escape(title)} – gridwms</title><style>{_STYLE}</style><body>{body}</body></html>"
    )


def jobs_page(reader: str, jobs: Sequence[tuple[str, str, str]], query: str) -> str:
    """The jobs of a user, or those that a query asked for: id, state, reason."""
    rows = "".join(
        f'<tr><td><a href="{escape(_local(job))}"><code>{escape(job)}</code></a></td>'
        f"<td>{escape(state)}</td><td>{escape(reason)}</td></tr>"
        for job, state, reason in jobs
    )
    asked = f"<p class=soft>{escape(query)}</p>" if query else ""
    body = f"{_reader(reader)}<h1>Jobs</h1>{asked}<table>{rows}</table>"
    return _page("Jobs", body if jobs else f"{body}<p class=soft>There are none.</p>")


def lb_page(job: JobStatus, events: Sequence[Event], reader: str) -> str:
    """A job of another system, as L&B knows it."""
    values = parse_page(lb_text(job))
    rows = "".join(_row(name, value) for name, value in values.items() if value and name != "Job")
    history = "".join(
        f"<tr><td class=time>{utc(event.timestamp / 1e6)}</td><td>{escape(event.type)}</td>"
        f"<td>{escape(str(event.source))}</td></tr>"
        for event in events
    )
    body = f"""{_reader(reader)}<h1>Job <code>{escape(job.job_id)}</code></h1>
<p><strong class=state>{escape(lb_state(job))}</strong></p>
<table>{rows}</table>
<h2>Events</h2>
<table>{history}</table>"""
    return _page(f"{lb_state(job)} {job.job_id}", body)


def notifications_page(reader: str, ids: Sequence[str]) -> str:
    """The ids of a user's notifications."""
    rows = "".join(f"<tr><td><code>{escape(one)}</code></td></tr>" for one in ids)
    return _page("Notifications", f"{_reader(reader)}<h1>Notifications</h1><table>{rows}</table>")


def error_page(phrase: str, description: str) -> str:
    """What is wrong."""
    return _page(phrase, f"<h1>{escape(phrase)}</h1><p class=error>{escape(description)}</p>")


def _reader(name: str) -> str:
    return f"<form class=corner method=post action=/logout><span class=soft>{escape(name)}</span></form>"


def _local(job: str) -> str:
    """The path of a job's page here; ids of other systems may have any address."""
    path = urlsplit(job).path
    return path if path.startswith("/") and not path.startswith("//") else "/"
