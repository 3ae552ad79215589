"""Every door of the house: each address, each role, what it answers. The one table.

A row is an address by its name, and a method; the columns are who asks. `stranger` works in the
other clinic, `lena` is another esthetician of this one, `nobody` has no role. The rows with a key
in their address are asked for Austin's records (see `SUBJECTS`), forms are sent empty.

    login   sent to the log-in page        302   done, or on to another page (one's own second
                                                 factors: first to prove who one is)
    403     not for this role              404   no such record for this person
    422     let in; the empty form is refused     405   no such method here
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from clinic.models import Message, User
from tests.cast import TODAY, Cast
from tests.house.world import World
from treatments.models import DepthRule, GlideProduct

TABLE = """
address                               method  anonymous reception esthetician lena director manager auditor administrator stranger nobody
healthz                               GET     200       200       200         200  200      200     200     200           200      200
healthz                               POST    405       405       405         405  405      405     405     405           405      405
readyz                                GET     200       200       200         200  200      200     200     200           200      200
readyz                                POST    405       405       405         405  405      405     405     405           405      405
account_login                         GET     200       302       302         302  302      302     302     302           302      302
account_login                         POST    200       302       302         302  302      302     302     302           302      302
account_logout                        GET     login     200       200         200  200      200     200     200           200      200
account_logout                        POST    login     login     login       login login    login   login   login         login    login
account_inactive                      GET     200       200       200         200  200      200     200     200           200      200
account_inactive                      POST    405       405       405         405  405      405     405     405           405      405
account_reauthenticate                GET     login     200       200         200  200      200     200     200           200      200
account_reauthenticate                POST    login     422       422         422  422      422     422     422           422      422
mfa_authenticate                      GET     login     302       302         302  302      302     302     302           302      302
mfa_authenticate                      POST    login     302       302         302  302      302     302     302           302      302
security                              GET     login     200       200         200  200      200     200     200           200      200
security                              POST    login     405       405         405  405      405     405     405           405      405
security-app                          GET     login     302       302         302  302      302     302     302           302      302
security-app                          POST    login     302       302         302  302      302     302     302           302      302
security-app-off                      GET     login     405       405         405  405      405     405     405           405      405
security-app-off                      POST    login     302       302         302  302      302     302     302           302      302
security-codes                        GET     login     302       302         302  302      302     302     302           302      302
security-codes                        POST    login     302       302         302  302      302     302     302           302      302
security-codes-file                   GET     login     302       302         302  302      302     302     302           302      302
security-codes-file                   POST    login     405       405         405  405      405     405     405           405      405
security-codes-new                    GET     login     405       405         405  405      405     405     405           405      405
security-codes-new                    POST    login     302       302         302  302      302     302     302           302      302
security-passkey-add                  GET     login     302       302         302  302      302     302     302           302      302
security-passkey-add                  POST    login     302       302         302  302      302     302     302           302      302
security-passkey                      GET     login     302       302         302  302      302     302     302           302      302
security-passkey                      POST    login     302       302         302  302      302     302     302           302      302
security-passkey-remove               GET     login     405       405         405  405      405     405     405           405      405
security-passkey-remove               POST    login     302       302         302  302      302     302     302           302      302
tokens                                GET     login     200       200         200  200      200     200     200           200      200
tokens                                POST    login     405       405         405  405      405     405     405           405      405
token-make                            GET     login     302       302         302  302      302     302     302           302      302
token-make                            POST    login     302       302         302  302      302     302     302           302      302
token-revoke                          GET     login     405       405         405  405      405     405     405           405      405
token-revoke                          POST    login     404       404         404  404      404     404     404           404      404
account_change_password               GET     login     200       200         200  200      200     200     200           200      200
account_change_password               POST    login     200       200         200  200      200     200     200           200      200
account_reset_password                GET     200       200       200         200  200      200     200     200           200      200
account_reset_password                POST    200       200       200         200  200      200     200     200           200      200
account_reset_password_done           GET     200       200       200         200  200      200     200     200           200      200
account_reset_password_done           POST    405       405       405         405  405      405     405     405           405      405
account_reset_password_from_key_done  GET     200       200       200         200  200      200     200     200           200      200
account_reset_password_from_key_done  POST    405       405       405         405  405      405     405     405           405      405
account_reset_password_from_key       GET     200       200       200         200  200      200     200     200           200      200
account_reset_password_from_key       POST    200       200       200         200  200      200     200     200           200      200
invitation                            GET     302       302       302         302  302      302     302     302           302      302
invitation                            POST    405       405       405         405  405      405     405     405           405      405
invitation-accept                     GET     404       409       409         409  409      409     409     409           409      409
invitation-accept                     POST    404       409       409         409  409      409     409     409           409      409
own-calendar                          GET     login     403       200         200  200      403     403     403           200      403
own-calendar                          POST    login     403       200         200  200      403     403     403           422      403
own-calendar-end                      GET     login     403       405         405  405      403     403     403           405      403
own-calendar-end                      POST    login     403       302         302  302      403     403     403           302      403
calendar-feed                         GET     404       404       404         404  404      404     404     404           404      403
calendar-feed                         POST    405       405       405         405  405      405     405     405           405      403
lock                                  GET     login     200       200         200  200      200     200     200           200      200
lock                                  POST    login     422       422         422  422      422     422     422           422      422
draft                                 GET     login     204       204         204  204      204     204     204           204      403
draft                                 POST    login     422       422         422  422      422     422     422           422      403
switch-clinic                         GET     login     405       405         405  405      405     405     405           405      403
switch-clinic                         POST    login     404       404         404  404      404     404     404           404      403
guide                                 GET     login     200       200         200  200      200     200     200           200      403
guide                                 POST    login     405       405         405  405      405     405     405           405      403
site-map                              GET     login     200       200         200  200      200     200     200           200      403
site-map                              POST    login     405       405         405  405      405     405     405           405      403
licenses                              GET     login     403       403         403  200      200     200     403           200      403
licenses                              POST    login     403       403         403  405      405     405     403           405      403
license-add                           GET     login     403       403         403  403      200     403     403           200      403
license-add                           POST    login     403       403         403  403      422     403     403           422      403
license                               GET     login     403       403         403  200      200     200     403           404      403
license                               POST    login     403       403         403  403      422     403     403           404      403
license-renew                         GET     login     403       403         403  403      200     403     403           404      403
license-renew                         POST    login     403       403         403  403      422     403     403           404      403
patients                              GET     login     200       403         403  200      200     403     403           200      403
patients                              POST    login     405       403         403  405      405     403     403           405      403
patient-finder                        GET     login     200       403         403  200      200     403     403           200      403
patient-finder                        POST    login     405       403         403  405      405     403     403           405      403
patient-register                      GET     login     200       403         403  403      200     403     403           200      403
patient-register                      POST    login     422       403         403  403      422     403     403           422      403
patient-edit                          GET     login     200       403         403  403      200     403     403           404      403
patient-edit                          POST    login     422       403         403  403      422     403     403           404      403
patient-merge                         GET     login     403       403         403  403      200     403     403           404      403
patient-merge                         POST    login     403       403         403  403      422     403     403           404      403
patient-unmerge                       GET     login     403       403         403  403      200     403     403           404      403
patient-unmerge                       POST    login     403       403         403  403      422     403     403           404      403
audit                                 GET     login     403       403         403  403      200     200     200           200      403
audit                                 POST    login     403       403         403  403      405     405     405           405      403
audit-export                          GET     login     403       403         403  403      200     200     200           200      403
audit-export                          POST    login     403       403         403  403      405     405     405           405      403
gallery                               GET     404       404       404         404  404      404     404     404           404      403
gallery                               POST    404       404       404         404  404      404     404     404           404      403
day                                   GET     login     200       200         200  200      200     403     403           200      403
day                                   POST    login     405       405         405  405      405     403     403           405      403
day-on                                GET     login     200       200         200  200      200     403     403           200      403
day-on                                POST    login     405       405         405  405      405     403     403           405      403
board-keys                            GET     login     200       200         200  200      200     403     403           200      403
board-keys                            POST    login     405       405         405  405      405     403     403           405      403
day-changes                           GET     404       404       404         404  404      404     404     404           404      403
day-changes                           POST    405       405       405         405  405      405     405     405           405      403
day-print                             GET     login     200       200         200  200      200     403     403           200      403
day-print                             POST    login     405       405         405  405      405     403     403           405      403
day-sheet                             GET     login     200       200         200  200      200     403     403           200      403
day-sheet                             POST    login     405       405         405  405      405     403     403           405      403
block-time                            GET     login     200       403         403  403      200     403     403           200      403
block-time                            POST    login     422       403         403  403      422     403     403           422      403
one-block                             GET     login     200       403         403  403      200     403     403           404      403
one-block                             POST    login     422       403         403  403      422     403     403           404      403
week                                  GET     login     200       200         200  200      200     403     403           200      403
week                                  POST    login     405       405         405  405      405     403     403           405      403
week-on                               GET     login     200       200         200  200      200     403     403           200      403
week-on                               POST    login     405       405         405  405      405     403     403           405      403
appointment-new                       GET     login     200       403         403  403      200     403     403           200      403
appointment-new                       POST    login     422       403         403  403      422     403     403           422      403
walk-in                               GET     login     200       403         403  403      200     403     403           200      403
walk-in                               POST    login     422       403         403  403      422     403     403           422      403
why-not                               GET     login     200       403         403  403      200     403     403           200      403
why-not                               POST    login     405       403         403  403      405     403     403           405      403
appointment-words                     GET     login     200       403         403  403      200     403     403           200      403
appointment-words                     POST    login     405       403         403  403      405     403     403           405      403
free-times                            GET     login     200       403         403  403      200     403     403           200      403
free-times                            POST    login     405       403         403  403      405     403     403           405      403
appointment                           GET     login     200       200         200  200      200     403     403           404      403
appointment                           POST    login     405       405         405  405      405     403     403           405      403
course-new                            GET    login     200       403         403  403      200     403     403           200      403
course-new                            POST   login     422       403         403  403      422     403     403           422      403
course                                GET    login     200       403         403  403      200     403     403           404      403
course                                POST   login     422       403         403  403      422     403     403           404      403
course-book                           GET    login     200       403         403  403      200     403     403           404      403
course-book                           POST   login     422       403         403  403      422     403     403           404      403
course-move                           GET    login     200       403         403  403      200     403     403           404      403
course-move                           POST   login     422       403         403  403      422     403     403           404      403
appointment-confirm                   GET     login     405       403         403  403      405     403     403           405      403
appointment-confirm                   POST    login     422       403         403  403      422     403     403           404      403
appointment-arrive                    GET     login     405       403         403  403      405     403     403           405      403
appointment-arrive                    POST    login     422       403         403  403      422     403     403           404      403
appointment-no-show                   GET     login     405       403         403  403      405     403     403           405      403
appointment-no-show                   POST    login     422       403         403  403      422     403     403           404      403
appointment-cancel                    GET     login     405       403         403  403      405     403     403           405      403
appointment-cancel                    POST    login     422       403         403  403      422     403     403           404      403
appointment-allow                     GET     login     403       403         403  405      405     403     403           405      403
appointment-allow                     POST    login     403       403         403  422      422     403     403           404      403
appointment-undo                      GET     login     405       403         403  403      405     403     403           405      403
appointment-undo                      POST    login     422       403         403  403      422     403     403           404      403
appointment-move-to                   GET     login     200       403         403  403      200     403     403           404      403
appointment-move-to                   POST    login     405       403         403  403      405     403     403           405      403
appointment-move                      GET     login     405       403         403  403      405     403     403           405      403
appointment-move                      POST    login     422       403         403  403      422     403     403           404      403
messages                              GET     login     200       403         403  403      200     403     403           200      403
messages                              POST    login     405       403         403  403      405     403     403           405      403
message-again                         GET     login     405       403         403  403      405     403     403           405      403
message-again                         POST    login     422       403         403  403      422     403     403           404      403
waitlist                              GET     login     200       403         403  403      200     403     403           200      403
waitlist                              POST    login     405       403         403  403      405     403     403           405      403
waitlist-add                          GET     login     200       403         403  403      200     403     403           200      403
waitlist-add                          POST    login     422       403         403  403      422     403     403           422      403
waitlist-for                          GET     login     404       403         403  403      404     403     403           404      403
waitlist-for                          POST    login     405       403         403  403      405     403     403           405      403
wait                                  GET     login     200       403         403  403      200     403     403           404      403
wait                                  POST    login     422       403         403  403      422     403     403           404      403
wait-offer                            GET     login     405       403         403  403      405     403     403           405      403
wait-offer                            POST    login     422       403         403  403      422     403     403           404      403
wait-book                             GET     login     405       403         403  403      405     403     403           405      403
wait-book                             POST    login     422       403         403  403      422     403     403           404      403
wait-withdraw                         GET     login     405       403         403  403      405     403     403           405      403
wait-withdraw                         POST    login     409       403         403  403      409     403     403           404      403
offer-take-back                       GET     login     405       403         403  403      405     403     403           405      403
offer-take-back                       POST    login     302       403         403  403      302     403     403           404      403
offer                                 GET     404       404       404         404  404      404     404     404           404      404
offer                                 POST    404       404       404         404  404      404     404     404           404      404
overrides                             GET     login     403       403         403  200      200     403     403           200      403
overrides                             POST    login     403       403         403  405      405     403     403           405      403
setup-imports                         GET     login     403       403         403  403      200     403     200           200      403
setup-imports                         POST    login     403       403         403  403      422     403     422           422      403
setup-import                          GET     login     403       403         403  403      200     403     200           404      403
setup-import                          POST    login     403       403         403  403      422     403     422           404      403
setup-import-columns                  GET     login     403       403         403  403      200     403     200           404      403
setup-import-columns                  POST    login     403       403         403  403      422     403     422           404      403
setup-import-progress                 GET     login     403       403         403  403      204     403     204           404      403
setup-import-progress                 POST    login     403       403         403  403      405     403     405           405      403
setup-import-choose                   GET     login     403       403         403  403      405     403     405           405      403
setup-import-choose                   POST    login     403       403         403  403      422     403     422           404      403
setup-import-discard                  GET     login     403       403         403  403      405     403     405           405      403
setup-import-discard                  POST    login     403       403         403  403      422     403     422           404      403
setup-import-rejects                  GET     login     403       403         403  403      200     403     200           404      403
setup-import-rejects                  POST    login     403       403         403  403      405     403     405           405      403
patient                               GET     login     200       403         403  200      200     403     403           404      403
patient                               POST    login     405       403         403  405      405     403     403           405      403
treatments                            GET     login     403       200         200  200      403     200     403           200      403
treatments                            POST    login     403       405         405  405      403     405     403           405      403
treatment-open                        GET     login     403       405         405  405      403     403     403           405      403
treatment-open                        POST    login     403       422         403  403      403     403     403           404      403
treatment                             GET     login     403       200         404  200      403     200     403           404      403
treatment                             POST    login     403       405         405  405      403     405     403           405      403
treatment-numb                        GET     login     403       405         405  405      403     403     403           405      403
treatment-numb                        POST    login     403       422         404  403      403     403     403           404      403
treatment-numb-off                    GET     login     403       405         405  405      403     403     403           405      403
treatment-numb-off                    POST    login     403       422         404  403      403     403     403           404      403
treatment-numb-none                   GET     login     403       405         405  405      403     403     403           405      403
treatment-numb-none                   POST    login     403       422         404  403      403     403     403           404      403
treatment-start                       GET     login     403       405         405  405      403     403     403           405      403
treatment-start                       POST    login     403       422         404  403      403     403     403           404      403
treatment-scan                        GET     login     403       405         405  405      403     403     403           405      403
treatment-scan                        POST    login     403       409         404  403      403     403     403           404      403
treatment-claim                       GET     login     403       405         405  405      403     403     403           405      403
treatment-claim                       POST    login     403       422         404  403      403     403     403           404      403
treatment-waste                       GET     login     403       405         405  405      403     403     403           405      403
treatment-waste                       POST    login     403       422         404  403      403     403     403           404      403
treatment-pass                        GET     login     403       405         405  405      403     403     403           405      403
treatment-pass                        POST    login     403       422         404  403      403     403     403           404      403
treatment-pass-remove                 GET     login     403       405         405  405      403     403     403           405      403
treatment-pass-remove                 POST    login     403       422         404  403      403     403     403           404      403
treatment-finish                      GET     login     403       405         405  405      403     403     403           405      403
treatment-finish                      POST    login     403       422         404  403      403     403     403           404      403
treatment-abort                       GET     login     403       405         405  405      403     403     403           405      403
treatment-abort                       POST    login     403       422         404  403      403     403     403           404      403
treatment-amend                       GET     login     403       405         405  405      403     403     403           405      403
treatment-amend                       POST    login     403       422         404  403      403     403     403           404      403
treatment-sign                        GET     login     403       405         405  405      403     403     403           405      403
treatment-sign                        POST    login     403       422         404  403      403     403     403           404      403
treatment-addendum                    GET     login     403       405         405  405      403     403     403           405      403
treatment-addendum                    POST    login     403       422         404  422      403     403     403           404      403
first-start                           GET     404       404       404         404  404      404     404     404           404      403
first-start                           POST    404       404       404         404  404      404     404     404           404      403
setup                                 GET     login     403       403         403  403      200     403     200           200      403
setup                                 POST    login     403       403         403  403      405     403     405           405      403
setup-cartridge-products              GET     login     403       403         403  403      200     403     200           200      403
setup-cartridge-products              POST    login     403       403         403  403      405     403     405           405      403
setup-cartridge-product-add           GET     login     403       403         403  403      200     403     200           200      403
setup-cartridge-product-add           POST    login     403       403         403  403      422     403     422           422      403
setup-cartridge-product               GET     login     403       403         403  403      200     403     200           200      403
setup-cartridge-product               POST    login     403       403         403  403      422     403     422           422      403
setup-cartridge-product-use           GET     login     403       403         403  403      200     403     200           200      403
setup-cartridge-product-use           POST    login     403       403         403  403      422     403     422           422      403
setup-cartridge-product-code          GET     login     403       403         403  403      200     403     200           200      403
setup-cartridge-product-code          POST    login     403       403         403  403      422     403     422           422      403
setup-cartridge-package               GET     login     403       403         403  403      200     403     200           200      403
setup-cartridge-package               POST    login     403       403         403  403      422     403     422           422      403
setup-depth-rules                     GET     login     403       403         403  200      200     403     200           200      403
setup-depth-rules                     POST    login     403       403         403  405      405     403     405           405      403
setup-device-models                   GET     login     403       403         403  403      200     403     200           200      403
setup-device-models                   POST    login     403       403         403  403      405     403     405           405      403
setup-device-model-add                GET     login     403       403         403  403      200     403     200           200      403
setup-device-model-add                POST    login     403       403         403  403      422     403     422           422      403
setup-device-model                    GET     login     403       403         403  403      200     403     200           200      403
setup-device-model                    POST    login     403       403         403  403      422     403     422           422      403
setup-device-model-use                GET     login     403       403         403  403      200     403     200           200      403
setup-device-model-use                POST    login     403       403         403  403      422     403     422           422      403
setup-devices                         GET     login     403       403         403  403      200     403     200           200      403
setup-devices                         POST    login     403       403         403  403      405     403     405           405      403
setup-device-add                      GET     login     403       403         403  403      200     403     200           200      403
setup-device-add                      POST    login     403       403         403  403      422     403     422           422      403
setup-device                          GET     login     403       403         403  403      200     403     200           404      403
setup-device                          POST    login     403       403         403  403      422     403     422           404      403
setup-device-status                   GET     login     403       403         403  403      200     403     200           404      403
setup-device-status                   POST    login     403       403         403  403      422     403     422           404      403
setup-device-clean                    GET     login     403       403         403  403      200     403     200           404      403
setup-device-clean                    POST    login     403       403         403  403      422     403     422           404      403
setup-reminders                       GET     login     403       403         403  403      200     403     200           200      403
setup-reminders                       POST    login     403       403         403  403      422     403     422           422      403
setup-clinic                          GET     login     403       403         403  403      200     403     200           200      403
setup-clinic                          POST    login     403       403         403  403      422     403     422           422      403
setup-clinics                         GET     login     403       403         403  403      200     403     200           200      403
setup-clinics                         POST    login     403       403         403  403      405     403     405           405      403
setup-clinic-add                      GET     login     403       403         403  403      403     403     200           403      403
setup-clinic-add                      POST    login     403       403         403  403      403     403     422           403      403
setup-hours                           GET     login     403       403         403  403      200     403     200           200      403
setup-hours                           POST    login     403       403         403  403      422     403     422           422      403
setup-messages                        GET     login     403       403         403  403      200     403     200           200      403
setup-messages                        POST    login     403       403         403  403      405     403     405           405      403
setup-message                         GET     login     403       403         403  403      200     403     200           200      403
setup-message                         POST    login     403       403         403  403      422     403     422           422      403
setup-depth-rule                      GET     login     403       403         403  200      403     403     403           200      403
setup-depth-rule                      POST    login     403       403         403  422      403     403     403           422      403
setup-glide-products                  GET     login     403       403         403  403      200     403     200           200      403
setup-glide-products                  POST    login     403       403         403  403      405     403     405           405      403
setup-glide-product-add               GET     login     403       403         403  403      200     403     200           200      403
setup-glide-product-add               POST    login     403       403         403  403      422     403     422           422      403
setup-glide-product                   GET     login     403       403         403  403      200     403     200           200      403
setup-glide-product                   POST    login     403       403         403  403      422     403     422           422      403
setup-glide-product-use               GET     login     403       403         403  403      200     403     200           200      403
setup-glide-product-use               POST    login     403       403         403  403      422     403     422           422      403
setup-numbing-products                GET     login     403       403         403  200      200     403     200           200      403
setup-numbing-products                POST    login     403       403         403  405      405     403     405           405      403
setup-numbing-product-add             GET     login     403       403         403  403      200     403     200           200      403
setup-numbing-product-add             POST    login     403       403         403  403      422     403     422           422      403
setup-numbing-product                 GET     login     403       403         403  403      200     403     200           200      403
setup-numbing-product                 POST    login     403       403         403  403      422     403     422           422      403
setup-numbing-product-use             GET     login     403       403         403  200      200     403     200           200      403
setup-numbing-product-use             POST    login     403       403         403  422      422     403     422           422      403
setup-rooms                           GET     login     403       403         403  403      200     403     200           200      403
setup-rooms                           POST    login     403       403         403  403      405     403     405           405      403
setup-room-add                        GET     login     403       403         403  403      200     403     200           200      403
setup-room-add                        POST    login     403       403         403  403      422     403     422           422      403
setup-room                            GET     login     403       403         403  403      200     403     200           404      403
setup-room                            POST    login     403       403         403  403      422     403     422           404      403
setup-room-use                        GET     login     403       403         403  403      200     403     200           404      403
setup-room-use                        POST    login     403       403         403  403      422     403     422           404      403
setup-services                        GET     login     403       403         403  403      200     403     200           200      403
setup-services                        POST    login     403       403         403  403      405     403     405           405      403
setup-service-add                     GET     login     403       403         403  403      200     403     200           200      403
setup-service-add                     POST    login     403       403         403  403      422     403     422           422      403
setup-service                         GET     login     403       403         403  403      200     403     200           404      403
setup-service                         POST    login     403       403         403  403      422     403     422           404      403
setup-service-use                     GET     login     403       403         403  403      200     403     200           404      403
setup-service-use                     POST    login     403       403         403  403      422     403     422           404      403
setup-practitioners                   GET     login     403       403         403  403      200     403     200           200      403
setup-practitioners                   POST    login     403       403         403  403      405     403     405           405      403
setup-practitioner-add                GET     login     403       403         403  403      200     403     200           200      403
setup-practitioner-add                POST    login     403       403         403  403      422     403     422           422      403
setup-practitioner                    GET     login     403       403         403  403      200     403     200           404      403
setup-practitioner                    POST    login     403       403         403  403      422     403     422           404      403
setup-practitioner-use                GET     login     403       403         403  403      200     403     200           404      403
setup-practitioner-use                POST    login     403       403         403  403      422     403     422           404      403
setup-users                           GET     login     403       403         403  403      403     403     200           403      403
setup-users                           POST    login     403       403         403  403      403     403     405           403      403
setup-user-add                        GET     login     403       403         403  403      403     403     200           403      403
setup-user-add                        POST    login     403       403         403  403      403     403     422           403      403
setup-user                            GET     login     403       403         403  403      403     403     200           403      403
setup-user                            POST    login     403       403         403  403      403     403     422           403      403
setup-user-invite                     GET     login     403       403         403  403      403     403     405           403      403
setup-user-invite                     POST    login     403       403         403  403      403     403     302           403      403
setup-user-withdraw                   GET     login     403       403         403  403      403     403     405           403      403
setup-user-withdraw                   POST    login     403       403         403  403      403     403     302           403      403
setup-user-reset                      GET     login     403       403         403  403      403     403     405           403      403
setup-user-reset                      POST    login     403       403         403  403      403     403     302           403      403
setup-user-end-sessions               GET     login     403       403         403  403      403     403     405           403      403
setup-user-end-sessions               POST    login     403       403         403  403      403     403     302           403      403
setup-user-reset-second-factor        GET     login     403       403         403  403      403     403     405           403      403
setup-user-reset-second-factor        POST    login     403       403         403  403      403     403     302           403      403
setup-security                        GET     login     403       403         403  403      403     403     200           403      403
setup-security                        POST    login     403       403         403  403      403     403     422           403      403
setup-user-use                        GET     login     403       403         403  403      403     403     200           403      403
setup-user-use                        POST    login     403       403         403  403      403     403     422           403      403
setup-shifts                          GET     login     403       403         403  403      200     403     200           200      403
setup-shifts                          POST    login     403       403         403  403      405     403     405           405      403
setup-shift                           GET     login     403       403         403  403      200     403     200           404      403
setup-shift                           POST    login     403       403         403  403      422     403     422           404      403
setup-shift-week                      GET     login     403       403         403  403      200     403     200           404      403
setup-shift-week                      POST    login     403       403         403  403      422     403     422           404      403
setup-shift-day                       GET     login     403       403         403  403      200     403     200           404      403
setup-shift-day                       POST    login     403       403         403  403      422     403     422           404      403
setup-shift-off                       GET     login     403       403         403  403      200     403     200           404      403
setup-shift-off                       POST    login     403       403         403  403      422     403     422           404      403
setup-time-off                        GET     login     403       403         403  403      200     403     200           404      403
setup-time-off                        POST    login     403       403         403  403      422     403     422           404      403
setup-closures                        GET     login     403       403         403  403      200     403     200           200      403
setup-closures                        POST    login     403       403         403  403      405     403     405           405      403
setup-closure-add                     GET     login     403       403         403  403      200     403     200           200      403
setup-closure-add                     POST    login     403       403         403  403      422     403     422           422      403
setup-closure-holidays                GET     login     403       403         403  403      200     403     200           200      403
setup-closure-holidays                POST    login     403       403         403  403      422     403     422           422      403
setup-closure                         GET     login     403       403         403  403      200     403     200           404      403
setup-closure                         POST    login     403       403         403  403      422     403     422           404      403
landing                               GET     login     200       200         200  200      200     200     200           200      403
landing                               POST    login     405       405         405  405      405     405     405           405      403
cartridges                            GET     login     403       200         200  200      200     200     403           200      403
cartridges                            POST    login     403       405         405  405      405     405     403           405      403
cartridge                             GET     login     403       200         200  200      200     200     403           404      403
cartridge                             POST    login     403       405         405  405      405     405     403           405      403
cartridge-waste                       GET     login     403       405         405  405      405     403     403           405      403
cartridge-waste                       POST    login     403       422         422  422      422     403     403           404      403
cartridge-code                        GET     login     403       302         302  302      302     302     403           404      403
cartridge-code                        POST    login     403       405         405  405      405     405     403           405      403
cartridge-lot                         GET     login     403       200         200  200      200     200     403           404      403
cartridge-lot                         POST    login     403       405         405  405      405     405     403           405      403
cartridge-codes                       GET     login     403       200         200  200      200     200     403           404      403
cartridge-codes                       POST    login     403       405         405  405      405     405     403           405      403
cartridge-receive                     GET     login     403       403         403  403      200     403     403           200      403
cartridge-receive                     POST    login     403       403         403  403      422     403     403           422      403
cartridge-receive-confirm             GET     login     403       403         403  403      405     403     403           405      403
cartridge-receive-confirm             POST    login     403       403         403  403      422     403     403           422      403
cartridge-receive-by-hand             GET     login     403       403         403  403      200     403     403           200      403
cartridge-receive-by-hand             POST    login     403       403         403  403      422     403     403           422      403
cartridge-audit                       GET     login     403       403         403  403      200     200     403           200      403
cartridge-audit                       POST    login     403       403         403  403      405     405     403           405      403
cartridge-audit-export                GET     login     403       403         403  403      200     200     403           200      403
cartridge-audit-export                POST    login     403       403         403  403      405     405     403           405      403
cartridge-audit-rows                  GET     login     403       403         403  403      404     404     403           404      403
cartridge-audit-rows                  POST    login     403       403         403  403      405     405     403           405      403
cartridge-audit-rows-export           GET     login     403       403         403  403      404     404     403           404      403
cartridge-audit-rows-export           POST    login     403       403         403  403      405     405     403           405      403
"""  # noqa: E501 - a table is read across

WHO: dict[str, Callable[[Cast], User | None]] = {
    "anonymous": lambda cast: None,
    "reception": lambda cast: cast.reception,
    "esthetician": lambda cast: cast.esthetician,
    "lena": lambda cast: cast.lapsed,
    "director": lambda cast: cast.director,
    "manager": lambda cast: cast.manager,
    "auditor": lambda cast: cast.auditor,
    "administrator": lambda cast: cast.administrator,
    "stranger": lambda cast: cast.stranger,
    "nobody": lambda cast: cast.nobody,
}
# Whose key stands in an address: the longest beginning of its name decides.
SUBJECTS: dict[str, Callable[[World], dict[str, Any]]] = {
    "account_reset_password_from_key": lambda world: {"uidb36": "1", "key": "no-such-key"},
    "appointment": lambda world: {"pk": world.booked.pk},
    "calendar-feed": lambda world: {"secret": "no-such-key"},
    "course": lambda world: {"pk": world.course.pk},
    "cartridge": lambda world: {"pk": world.in_stock.pk},
    "cartridge-code": lambda world: {"code": world.in_stock.unit_code},
    "cartridge-codes": lambda world: {"pk": world.cast.lot.pk},
    "cartridge-lot": lambda world: {"pk": world.cast.lot.pk},
    "one-block": lambda world: {"pk": world.block.pk},
    "day-on": lambda world: {"day": TODAY},
    "day-changes": lambda world: {"day": TODAY},
    "day-print": lambda world: {"day": TODAY},
    "day-sheet": lambda world: {"day": TODAY, "what": "picture"},
    "wait": lambda world: {"pk": world.offer.entry_id},
    "offer": lambda _world: {"key": "no-such-key"},
    "offer-take-back": lambda world: {"pk": world.offer.pk},
    "week-on": lambda world: {"day": TODAY},
    "license": lambda world: {"pk": world.cast.ana_license.pk},
    "setup-cartridge-package": lambda world: {"pk": world.cast.product.identifiers.all()[0].pk},
    "setup-cartridge-product": lambda world: {"pk": world.cast.product.pk},
    "setup-device": lambda world: {"pk": world.cast.device.pk},
    "setup-device-model": lambda world: {"pk": world.cast.model.pk},
    "invitation": lambda world: {"key": "no-such-key"},
    "security-passkey": lambda _world: {"pk": 1},
    "token-revoke": lambda world: {"pk": world.booked.pk},  # a token is its owner's alone
    "setup-practitioner": lambda world: {"pk": world.cast.ana.pk},
    "setup-user": lambda world: {"pk": world.cast.reception.pk},
    "message-again": lambda _world: {"pk": Message.objects.all()[0].pk},
    "setup-message": lambda _world: {"kind": "booked"},
    "setup-depth-rule": lambda world: {"pk": DepthRule.objects.get().pk},
    "setup-glide-product": lambda world: {"pk": GlideProduct.objects.get().pk},
    "setup-numbing-product": lambda world: {"pk": world.cast.cream.pk},
    "setup-room": lambda world: {"pk": world.cast.room.pk},
    "setup-closure": lambda world: {"pk": world.closure.pk},
    "setup-time-off": lambda world: {"pk": world.time_off.pk},
    "setup-shift": lambda world: {"pk": world.cast.ana.pk},
    "setup-service": lambda world: {"pk": world.cast.service.pk},
    "setup-import": lambda world: {"pk": world.given.pk},
    "treatment-open": lambda world: {"pk": world.booked.pk},
    "patient": lambda world: {"pk": world.cast.siobhan.pk},
    "treatment": lambda world: {"pk": world.signed.pk},
    "treatment-": lambda world: {"pk": world.under_way.pk},
}
METHODS = ("GET", "POST")


@dataclass(frozen=True)
class Door:
    """An address of the project: its name, and the names of what stands in it."""

    name: str
    takes: tuple[str, ...]

    def address(self, world: World) -> str:
        """The address in this world."""
        if not self.takes:
            return reverse(self.name)
        fitting = [one for one in SUBJECTS if self.name.startswith(one)]
        if not fitting:
            raise LookupError(f"{self.name} takes {', '.join(self.takes)}: add it to SUBJECTS.")
        return reverse(self.name, kwargs=SUBJECTS[max(fitting, key=len)](world))


def doors() -> list[Door]:
    """Every address that the resolver knows, in its own order; one without a name is an error."""
    return list(_walk(get_resolver()))


def _walk(resolver: URLResolver, taken: tuple[str, ...] = ()) -> Iterator[Door]:
    for one in resolver.url_patterns:
        takes = (*taken, *one.pattern.regex.groupindex)
        if isinstance(one, URLResolver):
            if one.namespace == "api":
                continue  # opened by token alone: tests/house/test_api_doors.py has their table
            yield from _walk(one, takes)
        elif isinstance(one, URLPattern):
            assert one.name, f"The address {one.pattern} has no name."
            yield Door(one.name, takes)


def table(text: str = TABLE) -> dict[tuple[str, str], dict[str, str]]:
    """The table as (address, method) → who → answer."""
    head, *lines = [line.split() for line in text.strip().splitlines() if line.strip()]
    rows = {}
    for line in lines:
        assert len(line) == len(head), f"A row of another length: {' '.join(line)}"
        name, method, *answers = line
        assert (name, method) not in rows, f"{name} {method} stands twice in the table."
        rows[name, method] = dict(zip(head[2:], answers, strict=True))
    return rows


def ask(client: Client, method: str, address: str) -> str:
    """What the door answers, in the words of the table."""
    return answer(getattr(client, method.lower())(address))


def answer(given: HttpResponseBase) -> str:
    """A response in the words of the table."""
    status = given.status_code
    if status == 302 and given.headers["Location"].startswith("/accounts/login/"):
        return "login"
    return str(status)


def row(name: str, method: str, answers: dict[str, str]) -> str:
    """One row as it stands in the table, ready to be pasted."""
    head = TABLE.strip().splitlines()[0].split()
    cells = [f"{answers[who]:<{len(who)}}" for who in head[2:]]
    return f"{name:<37} {method:<7} {' '.join(cells)}".rstrip()
