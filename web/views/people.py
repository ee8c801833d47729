"""For admins: who has an account and which role, and the audit log of what people saw, changed and exported."""

from dataclasses import replace

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from web.asked import number
from web.desk import Desk
from web.page import page
from web.roles import ROLES, reader

LINES = 100


def show(request: Request) -> Response:
    desk: Desk = request.app.state.desk
    return page(request, "people.html", accounts=desk.archive.accounts(), roles=ROLES)


async def change(request: Request) -> Response:
    """Role or admission of somebody else; nobody takes their own last key away."""
    desk: Desk = request.app.state.desk
    form = await request.form()
    account = desk.archive.account(request.path_params["name"])
    role = str(form.get("role", ""))
    if account is None or role not in ROLES:
        raise HTTPException(404)
    if account.name == reader(request):
        return page(request, "message.html", 422, message_key="refused", detail="")
    disabled = form.get("disabled") == "1"
    desk.archive.keep_account(replace(account, role=role, disabled=disabled))
    if disabled:
        desk.archive.close_sessions(name=account.name)
    return RedirectResponse("/people", 303)


def audit(request: Request) -> Response:
    """Newest first, a hundred lines a page."""
    desk: Desk = request.app.state.desk
    before = number(request.query_params.get("before"), 0, 2**53) or None
    by = request.query_params.get("by", "")
    lines = desk.archive.audit_page(before, LINES, by)
    older = lines[-1]["id"] if len(lines) == LINES else None
    return page(request, "audit.html", lines=lines, older=older, by=by)
