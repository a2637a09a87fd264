"""``/sign-in/oidc``: signing in by the organisation's own provider, as OpenID Connect says.

Authlib does what the standard does: discovery, state, nonce, PKCE, the exchange of the code, signature and claims of
the ID token. Here is only whose account that is.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import OAuth
from flask import Flask, Response, abort, request
from requests import RequestException

from dashboard.access import accounts, audit
from dashboard.access.accounts import Account
from dashboard.access.database import secret
from dashboard.access.reader import GIVEN
from dashboard.context import Context
from dashboard.server.door import SIGN_IN, is_encrypted
from dashboard.server.reader import address_of_reader
from dashboard.server.signing import local
from dashboard.server.trouble import words_of_reader
from dashboard.settings import Settings
from geodata.errors import N_, AtlasError

log = logging.getLogger(__name__)
BACK = f"{SIGN_IN}/oidc/back"
_SECONDS = 10.0  # that the provider has for an answer


def add_oidc(server: Flask, context: Context) -> None:
    """Serve these addresses; 404 where no provider is set."""
    settings = context.settings
    provider: Any = None
    if settings.oidc_issuer:
        server.secret_key = secret(settings.home, "cookies")
        server.config.update(
            SESSION_COOKIE_NAME="atlas-oidc",
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
            SESSION_COOKIE_SECURE=settings.public_url.startswith("https:"),
        )
        provider = OAuth(server).register(
            "oidc",
            client_id=settings.oidc_client_id,
            client_secret=secret_of(settings) or None,
            server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": settings.oidc_scope,
                "code_challenge_method": "S256",
                "timeout": _SECONDS,
                **({} if secret_of(settings) else {"token_endpoint_auth_method": "none"}),
            },
        )

    def refused(error: AtlasError, status: int = 403) -> Response:
        audit.note(settings.home, "sign-in-failed", account="", address=address_of_reader(settings), origin="oidc")
        return server.extensions["asked_to"](error.text(words_of_reader(context).gettext), status)

    @server.get(f"{SIGN_IN}/oidc")
    def _leave() -> Response:
        """Send the reader to the provider."""
        if provider is None:
            abort(404)
        back = (settings.public_url or request.host_url).rstrip("/") + BACK
        try:
            answer = provider.authorize_redirect(back)
        except (OAuthError, RequestException, ValueError) as error:
            log.warning("oidc: %s", error)
            return refused(AtlasError(N_("单位统一登录没有答复：请稍后再试，或用图册的账号登录。")), 502)
        answer.set_cookie(
            "atlas-next",
            request.args.get("next", "")[:2_000],
            max_age=600,
            path=SIGN_IN,
            httponly=True,
            samesite="Lax",
            secure=is_encrypted(settings),
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer

    @server.get(BACK)
    def _back() -> Response:
        """Take what the provider says of the reader."""
        if provider is None:
            abort(404)
        try:
            claims = provider.authorize_access_token()["userinfo"]
            account = account_of(settings, claims)
        except AtlasError as error:
            return refused(error)
        except (OAuthError, RequestException, ValueError, KeyError) as error:
            log.warning("oidc: %s", error)
            return refused(AtlasError(N_("单位统一登录没有成：请从登录页重新开始。")))
        return server.extensions["signed_in"](account, local(request.cookies.get("atlas-next", "")))


def secret_of(settings: Settings) -> str:
    """Return what this atlas shows the provider; empty where it is a public client.

    Raises
    ------
    AtlasError
        The file of the secret cannot be read.
    """
    given = settings.oidc_client_secret.get_secret_value()
    if given or not settings.oidc_client_secret_file:
        return given
    try:
        return settings.oidc_client_secret_file.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise AtlasError(
            N_("读不出密钥文件 {path}：请核对 ATLAS_OIDC_CLIENT_SECRET_FILE 和文件权限。"),
            path=str(settings.oidc_client_secret_file),
        ) from error


def account_of(settings: Settings, claims: Mapping[str, Any]) -> Account:
    """Return the account that `claims` (of a token that was checked) mean; made or changed as the settings say.

    Raises
    ------
    AtlasError
        There is none and none is to be made, the name is somebody else's, or the account is over.
    """
    home, subject = settings.home, str(claims["sub"])
    role, places = claimed_role(settings, claims), claimed_places(settings, claims)
    account = accounts.of_subject(home, "oidc", subject)
    if settings.oidc_role_claim and not role and (account is not None or not settings.oidc_new_role):
        raise AtlasError(N_("单位统一登录没有给您这个图册的角色：请找系统管理员。"))
    if account is None:
        if not (role or settings.oidc_new_role):
            raise AtlasError(N_("您在这个图册还没有账号：请把“{subject}”告诉系统管理员。"), subject=subject[:80])
        name = str(claims.get(settings.oidc_name_claim) or subject)
        account, _ = accounts.add(
            home, name, role or settings.oidc_new_role, places or (), origin="oidc", subject=subject
        )
    elif (role and role != account.role) or (places and tuple(sorted(set(places))) != account.places):
        account = accounts.set_role(home, account.name, role, places)
    if not account.good():
        raise AtlasError(N_("账号已到期，或被锁住：请找系统管理员。"))
    return account


def claimed_role(settings: Settings, claims: Mapping[str, Any]) -> str | None:
    """Return the highest of our roles among those that `claims` name; None where there is none."""
    said = claims.get(settings.oidc_role_claim) if settings.oidc_role_claim else None
    found = [one for one in (said if isinstance(said, list) else [said]) if one in GIVEN]
    return max(found, key=GIVEN.index, default=None)


def claimed_places(settings: Settings, claims: Mapping[str, Any]) -> list[str] | None:
    """Return the adcodes that `claims` name; None where the settings name no claim for them, or it is not there."""
    said = claims.get(settings.oidc_places_claim) if settings.oidc_places_claim else None
    if said is None:
        return None
    return [str(one) for one in (said if isinstance(said, list) else str(said).replace(",", " ").split())]
