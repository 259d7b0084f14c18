"""What fifteen languages of mail programs write above a quote and below a text, line by line."""

import pytest

from channels.mail.replies.intros import (
    Grade,
    grade,
    is_forward,
    is_forward_subject,
    is_header_block,
    is_original,
)
from channels.mail.replies.signatures import is_sent_from

INTROS = """
вс, 1 мар. 2026 г. в 09:03, <support@example.com>:
Воскресенье, 1 марта 2026, 09:03 +03:00 от Anna <a@example.com>:
01.03.2026, 09:03, "Anna" <a@example.com>:
1 марта 2026 г. 9:03:00 GMT+03:00, Anna <a@example.com> пишет:
Anna <a@example.com> писал(а) 1 марта 2026 г. в 09:03:
On Sun, 1 Mar 2026 at 09:03, Anna <a@example.com> wrote:
On 2026-03-01 09:03, Anna wrote:
On 3/1/2026 9:03 AM, Anna wrote:
нд, 1 бер. 2026 р. о 09:03 Anna <a@example.com> пише:
ср, 1 кра 2026 г. у 09:03, Anna <a@example.com> піша:
Am So., 1. März 2026 um 09:03 Uhr schrieb Anna <a@example.com>:
Anna <a@example.com> schrieb am So., 1. März 2026, 09:03:
Le 1 août 2026 à 09:03, Anna <a@example.com> a écrit :
El 1/3/26 a las 9:03, Anna escribió:
Il giorno dom 1 mar 2026 alle ore 09:03 Anna <a@example.com> ha scritto:
niedz., 1 mar 2026 o 09:03 Anna <a@example.com> napisał(a):
Wiadomość napisana przez Anna <a@example.com> w dniu 1 mar 2026, o godz. 09:03:
Op 1 mrt 2026, om 09:03 heeft Anna <a@example.com> het volgende geschreven:
Anna <a@example.com> escreveu (domingo, 1/03/2026 à(s) 09:03):
Em 1 de mar. de 2026, à(s) 09:03, Anna <a@example.com> escreveu:
Den sön 1 mars 2026 kl 09:03 skrev Anna <a@example.com>:
Den søn. 1. mar. 2026 kl. 09.03 skrev Anna <a@example.com>:
Den 01.03.2026 09:03, skrev Anna:
ne 1. 3. 2026 v 9:03 odesílatel Anna <a@example.com> napsal:
1. března 2026 v 9:03, Anna <a@example.com>:
"""
TYPED = """
On Monday I wrote to you:
Анна писала, что всё готово:
Le 3 novembre, votre conseiller m'a écrit à propos de la facture :
Two things:
10:15:
See https://example.org/2025/11/03:
"""
SENT_FROM = """
Sent from Mail for Windows
Sent from Yahoo Mail on Android
Sent from my Samsung Galaxy smartphone.
Sent from my Fairphone
Sent with Proton Mail secure email.
Get Outlook for iOS<https://aka.ms/o0ukef>
*Sent from my iPhone*
Отправлено с моего iPhone
Отправлено с устройства Galaxy
Отправлено с Xiaomi Redmi Note 9
Отправлено из мобильной Почты Mail
Отправлено из Mail.ru для Android
Отправлено из мобильного приложения Яндекс Почты
Отправлено с помощью Proton Mail
Получить Outlook для Android
Надіслано з пристрою Galaxy
Отримати Outlook для iOS
Адпраўлена з iPhone
Von meinem Samsung Galaxy Smartphone gesendet.
Gesendet von Yahoo Mail auf Android
Holen Sie sich Outlook für iOS
Outlook für Android herunterladen
Envoyé depuis mon appareil Galaxy
Envoyé à partir d’Outlook pour Android
Télécharger Outlook pour Android
Enviado desde mi smartphone Samsung Galaxy.
Enviado desde Correo para Windows
Obtener Outlook para iOS
Inviato dal mio dispositivo Galaxy
Scarica Outlook per Android
Wysłane z iPhone'a
Wysłane z aplikacji Poczta dla Windows
Pobierz aplikację Outlook dla systemu Android
Verstuurd vanaf mijn iPad
Verzonden met Proton Mail
Download Outlook voor iOS
Enviado a partir do meu iPhone
Obtenha o Outlook para Android
Skickat från E-post för Windows
Hämta Outlook för iOS
Sendt fra min iPhone
Hent Outlook til Android
Last ned Outlook for Android
Skaff deg Outlook for iOS
Odesláno ze zařízení Galaxy
Stáhněte si Outlook pro Android
"""
NOT_SENT_FROM = """
Отправлено почтой
Отправлено почтой России 3 ноября
Отправлено на почту
Отправлено с iPhone мужа
Отправлено из Казани
Sent from my iPhone, sorry for typos and all
Sent from the warehouse
Sent to you yesterday
I sent it from my iPhone
Get my phone
Get Outlook working again
Gesendet am Montag
Enviado ayer por correo
Inviato il 3 maggio
Hent pakken
"""
FORWARDS = """
---------- Forwarded message ---------
-------- Пересылаемое сообщение --------
-------- Перенаправленное сообщение --------
-------- Переслане повідомлення --------
-------- Накіраваны ліст --------
-------- Weitergeleitete Nachricht --------
-------- Message transféré --------
-------- Mensaje reenviado --------
-------- Messaggio Inoltrato --------
--- Treść przekazanej wiadomości ---
-------- Doorgestuurd bericht --------
-------- Mensagem reencaminhada --------
-------- Vidarebefordrat meddelande --------
-------- Videresendt meddelelse --------
-------- Přeposlaná zpráva --------
Begin forwarded message:
Начало переадресованного сообщения:
Початок листа, що пересилається:
Anfang der weitergeleiteten Nachricht:
Début du message réexpédié :
Inicio del mensaje reenviado:
Inizio messaggio inoltrato:
Początek przekazywanej wiadomości:
Begin doorgestuurd bericht:
Início da mensagem encaminhada:
Vidarebefordrat mejl:
Videresendt melding:
Začátek přeposílané zprávy:
"""
ORIGINALS = """
-----Original Message-----
-------- Исходное сообщение --------
-----Вихідне повідомлення-----
-----Зыходнае паведамленне-----
-----Ursprüngliche Nachricht-----
-------- Originalnachricht --------
-----Message d’origine-----
-----Mensaje original-----
-----Messaggio originale-----
-----Oryginalna wiadomość-----
-----Oorspronkelijk bericht-----
-----Mensagem original-----
-----Ursprungligt meddelande-----
-----Oprindelig meddelelse-----
-----Opprinnelig melding-----
-----Původní zpráva-----
"""
HEADERS = """
From: A <a@b>|Sent: 3 May|To: x|Subject: y
*From:* A <a@b>|*Sent:* 3 May|*To:* x, y|z|*Subject:* y
От: A <a@b>|Отправлено: 3|Кому: x|Копия: z|Тема: y
От кого: A <a@b>|Дата: 3|Кому: x|Тема: y
Від: A <a@b>|Надіслано: 3|Кому: x|Тема: y
Ад: A <a@b>|Адпраўлена: 3|Каму: x|Тэма: y
Von: A <a@b>|Gesendet: 3|An: x|Betreff: y
De : A <a@b>|Envoyé : 3|À : x|Objet : y
De: A <a@b>|Enviado el: 3|Para: x|CC: z|Asunto: y
Da: A <a@b>|Inviato: 3|A: x|Oggetto: y
Od: A <a@b>|Wysłano: 3|Do: x|DW: z|Temat: y
Van: A <a@b>|Verzonden: 3|Aan: x|CC: s|Onderwerp: y
De: A <a@b>|Enviada em: 3|Para: x|Assunto: y
Från: A <a@b>|Skickat: 3|Till: x|Kopia: x|Ämne: y
Fra: A <a@b>|Sendt: 3|Til: x|Emne: y
Od: A <a@b>|Odesláno: 3|Komu: x|Kopie: z|Předmět: y
"""
FORWARD_SUBJECTS = "FW: a|Fwd: a|[Fwd: a]|WG: a|TR: a|RV: a|I: a|PD: a|VS: a|VB: a|ENC: a|Пересл: a"
OTHER_SUBJECTS = "Re: Fwd: a|AW: a|SV: VB|R: a|RES: a|Odp: FW: a|Заказ: 5|Ответ: a|Info: a|a|"


def rows(text: str) -> list[str]:
    return text.strip().split("\n")


@pytest.mark.parametrize("line", rows(INTROS))
def test_intro(line: str):
    assert grade(line) >= Grade.CLEAR


@pytest.mark.parametrize("line", rows(TYPED))
def test_line_typed_by_hand_is_no_sure_intro(line: str):
    assert grade(line) < Grade.FULL


@pytest.mark.parametrize("line", rows(SENT_FROM))
def test_sent_from(line: str):
    assert is_sent_from(line)


@pytest.mark.parametrize("line", rows(NOT_SENT_FROM))
def test_line_that_only_looks_like_sent_from(line: str):
    assert not is_sent_from(line)


@pytest.mark.parametrize("line", rows(FORWARDS))
def test_forward(line: str):
    assert is_forward([line, "", "From: a <a@example.org>"], 0)
    assert not is_forward([line, "", "as I said"], 0)


@pytest.mark.parametrize("line", rows(ORIGINALS))
def test_original(line: str):
    assert is_original([line, "From: a"], 0)
    assert not is_forward([line, "From: a"], 0)


@pytest.mark.parametrize("block", rows(HEADERS))
def test_header_block(block: str):
    lines = block.split("|")
    assert is_header_block(lines, 0, separated=False)
    assert not is_header_block(lines[:-1], 0, separated=False)


def test_header_block_without_an_address_needs_a_separator():
    lines = ["From: Ann", "Sent: 3 May", "To: Ben", "Subject: x"]
    assert is_header_block(lines, 0, separated=True)
    assert not is_header_block(lines, 0, separated=False)


@pytest.mark.parametrize("subject", FORWARD_SUBJECTS.split("|"))
def test_subject_of_a_forward(subject: str):
    assert is_forward_subject(subject)


@pytest.mark.parametrize("subject", OTHER_SUBJECTS.split("|"))
def test_subject_of_no_forward(subject: str):
    assert not is_forward_subject(subject)
