"""What forms, cards and lists name, with values as they are seen there; and questions about such things where they are not to be seen."""
from asking import REFUSAL, ask, question
from draw import FIRSTS, LABELS, SHORT, date, money, name, strange

time = lambda r: f"{r.randint(0, 23)}:{r.randint(0, 59):02d}" if r.random() < .7 else f"{r.randint(1, 12)}:{r.randint(0, 59):02d} {r.choice(['AM', 'PM', 'am', 'pm'])}"
place = lambda r: r.choice(FIRSTS)
some = lambda r: str(r.randint(1, 999)) if r.random() < .5 else f"{r.uniform(0, 500):.{r.choice([1, 1, 2])}f}"
word = lambda r: r.choice(SHORT).capitalize()
code = lambda r: f"{''.join(r.choice('ABCDEFGHJKLMNPQRSTUVWXYZ') for _ in range(r.randint(1, 3)))}{r.choice(['-', '', ' '])}{r.randint(10, 99999)}"
count = lambda r: str(r.randint(0, 400)) if r.random() < .8 else f"{r.randint(1000, r.choice([9999, 99999, 9999999])):,}"
percent = lambda r: f"{r.randint(0, 100)}{r.choice(['%', '%', ' %'])}"
groups = lambda r: (lambda sep: sep.join(str(r.randint(10 ** (n - 1), 10 ** n - 1)) for n in r.choices([2, 2, 3, 3, 4], k=r.randint(2, 4))))(r.choice([" ", " ", "-", ".", "/"]))
phone = lambda r: r.choice([f"{r.choice(['', '0', '+', '+', '00'])}{r.randint(1, 99)} {groups(r)}", groups(r), f"+{r.randint(1, 99)} {r.randint(10, 999)} {r.randint(1000000, 9999999)}", f"({r.randint(100, 999)}) {r.randint(100, 999)}-{r.randint(1000, 9999)}", f"0{r.randint(100, 999)} {r.randint(100000, 999999)}"])
email = lambda r: f"{r.choice(SHORT).lower()}{r.choice(['.', '_', ''])}{r.choice(SHORT).lower()}@{r.choice(SHORT).lower()}.{r.choice(['com', 'org', 'net', 'de', 'io', 'co.uk', 'info', 'local', r.choice(SHORT)])}"
street = lambda r: r.choice([f"{r.randint(1, 300)} {place(r)} {r.choice(['Street', 'Road', 'Lane', 'Avenue', 'St'])}", f"{place(r)} {r.randint(1, 200)}"])
version = lambda r: f"{r.choice(['', 'v'])}{r.randint(0, 20)}.{r.randint(0, 30)}" + r.choice(["", f".{r.randint(0, 9)}"])
length = lambda r: r.choice([f"{r.randint(1, 59)} min", f"{r.randint(1, 12)} h {r.randint(1, 59)} min", f"{r.randint(1, 30)} days", f"{r.randint(0, 9)}:{r.randint(0, 59):02d}"])
weight = lambda r: f"{some(r)} {r.choice(['kg', 'g', 'lb'])}"
bytes_ = lambda r: f"{some(r)} {r.choice(['KB', 'MB', 'GB'])}"
degrees = lambda r: f"{r.randint(-20, 45)}{r.choice(['°C', ' °C', '°', '°F'])}"
measure = lambda r: f"{some(r)} {r.choice(['mm', 'cm', 'm', 'km', 'px'])}"
address = lambda r: ".".join(str(r.randint(1, 255)) for _ in range(4))
part = lambda r: r.choice([r.choice(SHORT), r.choice(SHORT), r.choice(SHORT).capitalize(), strange(r), "usr mnt home var tmp opt srv data etc media".split()[r.randrange(10)] + r.choice(["", str(r.randint(0, 9))])])
path = lambda r: (lambda sep, head: head + sep.join(part(r) for _ in range(r.randint(1, 3))))(*r.choice([("/", "/"), ("/", "/"), ("/", "~/"), ("\\", "C:\\"), ("\\", "D:\\"), ("/", "https://")]))
either = lambda *v: lambda r: r.choice(v)

# What one asks by "who", by "when", by "how much", and the rest.
WHO = {k: name for k in "Author|Owner|Sender|Recipient|Customer|Manager|Patient|Doctor|Teacher|Driver|Contact|Assigned to|Reported by|Approved by|Created by|Supervisor|Reviewer|Host|Guest|Organizer|Editor|Client|Seller|Buyer|Passenger|Student|Technician|Operator|Account holder|Emergency contact".split("|")}
WHEN = {k: date for k in "Date|Due date|Start date|End date|Birthday|Date of birth|Expiry date|Delivery date|Order date|Deadline|Last login|Created|Modified|Check-in|Check-out|Released|Next payment|Appointment|Last backup|Renewal date|Hired|Valid until".split("|")} | \
       {k: time for k in "Start time|End time|Departure|Arrival|Opens at|Closes at|Pick-up time|Alarm|Boarding time|Wake up".split("|")}
MUCH = {k: money for k in "Total|Subtotal|Price|Amount due|Balance|Shipping|Tax|Discount|Deposit|Rent|Salary|Fee|Budget|Refund|Tip|Cost|Unit price|Paid".split("|")}
WHAT = {}
for names, maker in (("Name|First name|Last name|User name|Full name|Nickname", name), ("Phone|Phone number|Mobile|Fax", phone), ("Email|Email address|Reply to|Work email", email), ("Address|Street|Billing address|Ship to", street),
                     ("City|Country|Location|Destination|Origin|Airport|Region|Branch|Hometown|Birthplace", place), ("Version|Firmware|Driver version|Software version", version), ("Duration|Time left|Running time|Battery life|Uptime", length),
                     ("Order number|Invoice number|Serial number|Account number|Customer ID|Reference|Ticket|License plate|Passport number|Flight|Part number|Model number|Booking code|Tracking number|Room|Gate|Seat|Error code|Batch|Policy number|Postcode|Zip code|Product code", code),
                     ("Quantity|Pages|Guests|Copies|Age|Score|Floor|Level|Items|Stock|Attempts|Followers|Unread|Rank|Year|Participants|Rooms", count), ("Humidity|Battery|Progress|Brightness|Volume|Usage|Confidence|Interest rate|Growth|Zoom|Completion", percent),
                     ("Temperature|High|Low|Feels like|Outside|Target temperature", degrees), ("Weight|Net weight|Load", weight), ("Size|File size|Free space|Memory|Used|Download size|Disk size", bytes_), ("Height|Width|Length|Distance|Depth|Diameter|Range", measure),
                     ("IP address|Gateway|DNS server|Subnet mask|Server", address), ("Folder|Path|Save to|Download folder|Working directory", path), ("Status|State|Result", either("Open", "Closed", "Active", "Paid", "Pending", "Shipped", "Failed", "Done", "In progress", "Draft", "Cancelled", "On hold")),
                     ("Priority|Severity|Risk", either("Low", "Medium", "High", "Urgent", "Normal", "Critical")), ("Language|Input language", either("English", "German", "French", "Spanish", "Italian", "Japanese", "Dutch", "Swedish", "Polish", "Portuguese")),
                     ("Payment|Payment method|Paid by", either("Cash", "Credit card", "Bank transfer", "Invoice", "PayPal", "Cheque")), ("Gender|Sex", either("Female", "Male")), ("Blood type", either("A+", "A-", "B+", "B-", "O+", "O-", "AB+")),
                     ("Theme|Appearance", either("Light", "Dark", "Auto", "System")), ("Category|Type|Department|Company|Product|Brand|Project|Team|Subject|Group|Course|Insurance|Material|Occupation|Medication|Diagnosis|Printer|Device|Network|Playlist|Artist|Album|Font", word),
                     ("Nationality|Job title|Format|Mode|Quality|Speed|Frequency|Currency|Time zone", word)):
    WHAT |= {k: maker for k in names.split("|")}
FIELDS = WHO | WHEN | MUCH | WHAT
NAMES = list(FIELDS)


def wonder(r, field):
    """A question about a field, as one asks for such a thing."""
    k, ways = field if r.random() < .25 else field.lower(), []
    if field in WHO and " " not in field: ways = ["Who is the {}?"]
    elif field in WHEN: ways = ["When is the {}?", "What {} is shown?"] + (["What is the date of {}?"] if FIELDS[field] is date else ["At what time is the {}?"])
    elif field in MUCH: ways = ["How much is the {}?", "How much is {}?", "What amount is shown for {}?"]
    if r.random() < .25: ways = ["What {} is shown?", "Which {} is shown?", "What {} is given?", "Which {} does it give?", "Tell me the {}, please.", "Can you find the {}?"]
    return question(r.choice(ways).format(k), "value", k) if ways and r.random() < .6 else ask(r, "value", k)


def absent(r, seen):
    """A question about a field, or a box to tick, that is not there, with its answer. `seen` is all that the picture says, in small letters and without spaces."""
    while True:
        field = r.choice(NAMES if (whether := r.random()) < .7 else LABELS)
        if not any(w.lower()[:5] in seen for w in field.split() if len(w) > 2): return wonder(r, field) if whether < .7 else ask(r, "checked", field), REFUSAL
