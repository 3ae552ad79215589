"""The one table of the desk's addresses: what is read and what is sent to share some of them."""

from ninja import Router

router = Router(tags=["Desk"])
