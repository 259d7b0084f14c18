"""The words by which mail programs of fifteen languages mark what is not new.

Data only. Everything is compared in lower case (`casefold`). A new client or language is a few
words here and a mail in the corpus (`tests/channels/mail/replies`), never a new rule.
"""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


# «… wrote:», the verb of the line that introduces a quote.
WROTE = frozenset(
    _words("""
    wrote writes написал написала написали пишет писал писала писали
    пише написав писав піша напісаў напісала пісаў пісала
    schrieb geschrieben écrit escribió escrito scritto napisał napisała pisze napisana
    schreef geschreven escreveu skrev skrevet napsal napsala napsali píše
    """)
)

# Of whom people tell that he wrote; programs name him. "You wrote" is a program's (The Bat!), and
# what is a name or a word of introductions somewhere («Яна», "Ella", "On") is left out.
PERSONS = frozenset(
    _words("""
    i me he him she her we they them я мне он ему она ей мы нам они им він вона вони йому їй мені
    ён яму ёй ich mir er ihm sie wir uns je il ils nous él nosotros ellos lui lei noi loro ja oni
    ik hij zij wij eu ele nós eles jag jeg hun já
    """)
)

# How month names begin, in all forms («нояб.», «листопада», «лiс» with a Latin i, «août»).
MONTHS = _words(
    """
    jan feb mar apr may jun jul aug sep oct nov dec янв фев мар апр май мая июн июл авг сен окт ноя
    дек січ лют бер кві тра чер лип сер вер жов лис гру сту сак кра чэр ліп жні кас ліс лiс сне
    mär mrz mai okt dez janv fév févr avr juin juil aoû aou sept déc ene abr ago dic gen mag giu lug
    set ott sty lut kwi maj cze lip sie wrz paź lis gru mrt mei fev out des led úno bře dub kvě čer
    čvc srp zář říj pro
    """
)

# The rows of a header block that stands above the quoted mail.
LABELS: dict[str, str] = {
    word: role
    for role, words in {
        "from": "from|от|от кого|отправитель|від|від кого|відправник|ад|ад каго|адпраўнік"
        "|von|absender|de|expéditeur|da|mittente|od|nadawca|van|afzender|från|avsändare|fra|afsender"
        "|avsender|remitente|remetente|odesílatel",
        "date": "sent|date|отправлено|дата|дата отправки|надіслано|відправлено|адпраўлена|даслана"
        "|gesendet|datum|envoyé|envoyé le|date d'envoi|enviado|enviado el|enviada|enviado em"
        "|enviada em|fecha|data|inviato|wysłano|wysłane|data wysłania|verzonden|verstuurd|skickat"
        "|sendt|dato|odesláno|odeslané",
        "to": "to|кому|получатель|одержувач|каму|атрымальнік|an|empfänger|à|a|pour|para|per|do"
        "|adresat|aan|till|til|komu|destinataire|destinatario|destinatário",
        "cc": "cc|bcc|копия|скрытая копия|копія|kopie|kopia|kopi|copia|cópia|copie|dw|udw|ук|"
        "reply-to|ответить|importance|важность|attachments|вложения|anlagen|wichtigkeit|priorité",
        "subject": "subject|тема|тэма|betreff|objet|sujet|asunto|oggetto|temat|onderwerp|assunto"
        "|ämne|emne|předmět|predmet",
    }.items()
    for word in words.split("|")
    if word
}

# A separator names a message and what was done with it: «Исходное сообщение»,
# «Messaggio Inoltrato».
MESSAGE = _words(
    """
    message mail nachricht mensaje correo messaggio wiadomo treść bericht mensag meddel besked brev
    mejl melding e-post zpráv сообщ письм повідом лист паведамл ліст
    """
)
ORIGINAL = _words(
    """
    origi orige initial oryginaln pierwotn oorspronk ursprung ursprüng oprindel opprinnel opphav
    původn исходн оригинал первоначальн вихідн оригінал початков зыходн арыгінал першапачат
    """
)
FORWARDED = _words(
    """
    forward weitergeleit transf transmis réexp reenv inoltrat przekaz przesł doorgest
    doorgezonden encaminh reencaminh vidarebef vidaresänd videresend přepos пересыл пересил
    перенаправ переадрес пересл переспрям перасл перасыл накірав перанакір
    """
)
# The first prefix of a subject that says: the mail below is handed on, not answered.
FORWARD_PREFIXES = frozenset(
    _words("""
    fw fwd wg tr rv i pd vb vs enc ilt videresend videresendt vidarebefordrat doorst doorgestuurd
    пересл пересылка переслано пер перес переадр переслане пд př přep přeposlat inoltro inoltra
        vidarebefordra
    """)
)

# «Sent from my iPhone», «Outlook für iOS beziehen»: a verb at an end, a device, nothing unknown.
SENT = frozenset(
    _words("""
    sent отправлено отправлена надіслано відправлено адпраўлена адпраўлены даслана gesendet
    envoyé envoye enviado enviada inviato wysłane wysłano verstuurd verzonden skickat sänt sendt
    odesláno odeslano
    """)
)
GET = frozenset(
    _words("""
    get download получить получите загрузить скачать скачайте отримати отримайте завантажити
    атрымаць спампаваць beziehen herunterladen herunter holen laden télécharger téléchargez obtenez
    obtenir obtener obtén obtenga descargar descarga scarica scaricare ottieni pobierz uzyskaj haal
    downloaden ophalen obter obtenha baixar baixe transferir hämta ladda hent få last skaff získejte
    získat stáhnout stáhněte
    """)
)
# What stands between verb and device, and «my».
FROM = frozenset(
    _words("""
    from with via using с со из при через з із зі за von vom mit de depuis à d desde da dal z ze
    vanaf met do pelo através från fra a
    """)
)
MINE = frozenset(
    _words("""
    my моего моей мого моєї майго meinem meiner mon ma mi mio mia mojego mojej mijn meu minha min
    mitt mit mého mojí
    """)
)
# Other words such a line may have.
SMALL = FROM | frozenset(
    _words("""
    for on the an secure email mail mobile device app and ned deg для помощи помощью допомогою на
    мобильной мобильного мобільного мобільної приложения застосунку дадатку защищенной защищённой
    устройства пристрою прылады für dem der aus auf sie sich partir du pour le la un el con para del
    dallo per il lo dla programu program aplikację systemu urządzenia aplikacji een voor mobiel pela
    no o för med til på pro si své svého zařízení aplikace mobiele mobilen appareil dispositivo
    toestel enhet enhed mein meine courrier correo posta poczta poczty pošty e-post e-mail
    """)
)
APPS = _words(
    "outlook gmail yahoo proton bluemail spark thunderbird aquamail mail.ru яндекс yandex airmail"
)
DEVICES = APPS + _words(
    """
    iphon ipad ipod ios macbook android galaxy samsung huawei honor xiaomi redmi poco realme oneplus
    pixel nokia sony xperia motorola blackberry lenovo meizu oppo vivo windows phone smartphone
    smartfon smarttelefon tablet handy telefon teléfono téléphone telefono telefoon mobil
    смартфон телефон планшет айфон тэлефон k-9 mac edison почт пошт пошц note pro max plus ultra
    lite mini edge
    """
)
