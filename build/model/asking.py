"""How people ask: several wordings for each thing that can be asked. {} is filled in."""
import re

REFUSAL = "I can't see that in the picture."
ASK = {
    "read": ["Read the text.", "What does it say?", "Transcribe the text in this image.", "What is written here?", "Extract all text.", "Read this.", "Read this to me.",
             "What text is on the screen?", "What does this say?", "Please transcribe the text.", "Transcribe this.", "Read the text in the picture.", "What text is shown?",
             "Write out the text in this picture.", "What is the text in the image?", "Copy the text from the screenshot.", "Write down what it says.", "Turn this picture into text.", "Give me the text.",
             "Get the text out of this picture.", "Put this into text.", "I need the text of this picture.", "Write down the words you see.", "Recognise the text.", "Text?"],
    "line": ["What does line {} say?", "Read line {}.", "What is on line {}?", "What is written on line {}?"],
    "title": ["What is the title of this window?", "What is the title?", "What is the window called?", "What does the title bar say?", "What is the heading?", "What title is shown?",
              "What is the title of the dialog?", "Read the title.", "What's the title?"],
    "message": ["What does the message say?", "What is the message?", "Read the message.", "What is the error?", "What error is shown?", "What does the dialog say?", "What does the error say?",
                "What is the warning?", "What is it telling me?", "What is the error message?", "What message is displayed?", "What does the alert say?", "Summarise the message.", "Summarize the message."],
    "buttons": ["Which buttons are shown?", "What buttons are there?", "List the buttons.", "Which buttons can I press?", "What are the buttons?", "What can I click?", "Name the buttons.", "Which buttons does the dialog have?"],
    "button count": ["How many buttons are there?", "How many buttons are shown?", "Count the buttons.", "How many buttons does the dialog have?", "How many buttons can you see?"],
    "main button": ["What does the highlighted button say?", "Which button is highlighted?", "What is the default button?", "Which button is the default?", "Which button is coloured?", "What does the blue button say?",
                    "Which button stands out?", "Which button is selected?", "What is the primary button?", "Which button is emphasised?"],
    "is there button": ["Is there a {} button?", "Is there a button {}?", 'Is there a button labelled "{}"?', "Can I press {}?", 'Is there a "{}" button?', "Does it have a {} button?"],
    "value": ['What is the value of "{}"?', "What is {}?", "What is shown for {}?", "What is the {}?", "What does the field {} contain?", "What is entered in the {} field?", "What is the value of {}?", "Which value does {} have?",
              "{}?", "What is next to {}?", 'What is in the "{}" field?', "What's the {}?", "What is {} set to?", "What is the value of the {} field?", "Tell me the {}.", "What is in the field {}?", "What value is shown for {}?"],
    "field": ['Which field has the value "{}"?', "Which field contains {}?", "Where is {} entered?", "Which label belongs to {}?", "Which setting is set to {}?"],
    "checked": ["Is {} checked?", 'Is "{}" on?', "Is {} turned on?", "Is {} enabled?", "Is the box {} ticked?", "Is {} switched on?", "Is the option {} selected?", 'Is "{}" checked?', "Is {} on or off?"],
    "checked list": ["Which options are checked?", "Which boxes are ticked?", "Which options are on?", "What is enabled?", "Which settings are turned on?", "Which options are enabled?"],
    "checked count": ["How many options are checked?", "How many boxes are ticked?", "How many options are on?", "How many settings are enabled?"],
    "radio": ["Which option is selected?", "Which one is chosen?", "What is selected?", "Which radio button is selected?"],
    "cell": ["What is the {c} of {r}?", "In the table, what is {c} for {r}?", "What is the {c} for {r}?", "What {c} does {r} have?", 'What is in the column "{c}" for {r}?', "What is {r}'s {c}?", "{c} of {r}?",
             "In the row {r}, what is the {c}?", "What is the value in row {r}, column {c}?", "Look up {c} for {r}."],
    "row of": ["Which {h} has the {c} {v}?", "Which row has {v} in the {c} column?", "Whose {c} is {v}?", "Which {h} has {v} as {c}?"],
    "rows": ["How many rows does the table have?", "How many rows are there?", "How many rows of data are in the table?", "Count the rows.", "How many entries are in the table?", "How many rows are there, not counting the header?"],
    "columns": ["How many columns does the table have?", "How many columns are there?", "Count the columns."],
    "headings": ["What are the column headings?", "What are the columns?", "List the column headers.", "Which columns does the table have?", "Name the columns.", "What are the column names?"],
    "row list": ["What is in the first column?", "List the {}s.", "Which rows are there?", "List the entries of the first column."],
    "tallest": ["Which bar is the tallest?", "Which category has the highest value?", "What is the tallest bar?", "Which is the largest?", "Which has the highest value?", "What has the biggest value?", "Which one is the highest?", "Which label has the greatest value?", "Which category is the biggest?"],
    "shortest": ["Which bar is the shortest?", "Which category has the lowest value?", "What is the smallest?", "Which has the lowest value?", "Which one is the lowest?", "What is the shortest bar?", "Which category is the smallest?"],
    "chart value": ["What is the value of {}?", "How much is {}?", "What value does {} have?", "How high is {}?", "What is the value for {}?", "What number is shown for {}?", "How tall is the bar {}?", "{}?", "What is {}'s value?"],
    "bars": ["How many bars are there?", "How many bars does the chart have?", "Count the bars.", "How many categories are shown?", "How many values are in the chart?"],
    "points": ["How many points are there?", "How many values are in the chart?", "How many categories are shown?"], "slices": ["How many slices are there?", "How many slices does the pie have?", "How many categories are shown?", "How many parts does the chart have?"],
    "chart kind": ["What kind of chart is this?", "What type of chart is this?", "Is this a bar, line or pie chart?", "What sort of chart is shown?"],
    "chart title": ["What is the title of the chart?", "What is the title?", "What is this chart about?", "What does the chart show?", "What is the chart called?"],
    "chart labels": ["List the labels.", "Which categories are shown?", "What are the categories?", "What are the labels on the axis?"],
    "chart colour": ["What color is {}?", "What colour is {}?", "Which colour is the bar for {}?", "What color is the bar {}?"], "colour is": ["Which category is {}?", "What is the {} one?", "Which label is {}?"],
    "shapes": ["How many shapes are there?", "How many shapes can you see?", "How many objects are there?", "Count the shapes.", "How many figures are in the picture?", "How many shapes are in the picture?"],
    "count shape": ["How many {}s are there?", "Count the {}s.", "How many {}s can you see?", "How many {}s are in the picture?", "How many {}s do you see?"],
    "at": ["What is at the {}?", "What is in the {}?", "What do you see at the {}?", "Which shape is at the {}?", "What shape is in the {}?", "What is on the {}?"],
    "where": ["Where is the {}?", "Where can I find the {}?", "Where do you see the {}?", "In which part of the picture is the {}?", "What is the position of the {}?"],
    "colour": ["What color is the {}?", "What colour is the {}?", "Which colour is the {}?", "What is the color of the {}?", "What's the colour of the {}?"],
    "shape of": ["What shape is {}?", "Which shape is {}?", "What is the {} shape?", "What shape is the {} one?", "What {} thing is there?"],
    "is there": ["Is there a {}?", "Do you see a {}?", "Can you see a {}?", "Does the picture have a {}?"],
    "background": ["What color is the background?", "What colour is the background?", "Is the background light or dark?"],
    "describe": ["Describe the image.", "What do you see?", "Describe this picture.", "What is in the picture?", "What is this?", "Describe what you see.", "What is shown here?", "Describe the screenshot.", "What's on the screen?"],
    "total": ["What is the total?", "How much is the total?", "What is the total amount?", "How much is due?", "What is the amount due?", "How much do I have to pay?"],
    "said": ["What did {} say?", "What does {} say?", "What did {} write?", "What is {}'s message?", "Read {}'s message."], "last": ["What is the last message?", "What does the last message say?", "What was said last?"],
    "who": ["Who wrote \"{}\"?", "Who said \"{}\"?", "Who wrote the last message?"], "messages": ["How many messages are there?", "Count the messages.", "How many messages are shown?"],
    "command": ["What command was typed?", "Which command was run?", "What is the command?", "What was typed at the prompt?"], "output": ["What is the output?", "What did it print?", "What does the command print?", "What is the error?"],
    "function": ["What is the function called?", "What is the name of the function?", "Which function is defined?", "What function is this?"], "language": ["What programming language is this?", "Which language is it?", "What language is the code in?"],
    "read code": ["Read the code.", "What does the code say?", "Transcribe the code.", "Read the text.", "Read this.", "Write out the code.", "Copy the code.", "Read the lines.", "Give me this code as text.", "What code is shown?"], "class": ["What is the class called?", "Which class is defined?", "What is the name of the class?"],
    "set to": ["What is {} set to?", "What value is assigned to {}?", "What is {}?", "What does {} get?"], "raises": ["Which error does it raise?", "What exception is raised?", "Which exception can it raise?"],
    "returns": ["What does the function return?", "What is returned?"], "differs": ["What differs?", "What is different?", "What is the difference?", "What changed?", "What is different between the two pictures?", "Find the difference."],
    "field differs": ["Which field changed?", "Which value is not the same in both?", "In which field do the pictures differ?", "Which entry was changed?", "Which setting is another one in the second picture?", "What field has another value?"],
    "which picture": ["Which picture has a {}?", "In which picture is there a {}?", "In which of the two is a {}?", "Where is a {}, in the first or in the second picture?", "Which picture shows a {}?"],
    "box says": ["What does the {} box say?", "What is written in the {} box?", "What is in the {} one?", "Read the {} box.", "What does the {} button say?", "What is the {} one called?", "Which name does the {} field have?"],
    "box colour": ["What colour is {}?", "What color is the box {}?", "Which colour does {} have?", "What is the colour of the field {}?", "What's the color of {}?", 'What color is "{}"?', "In which colour is {} shown?"],
    "box at": ["What is at the {}?", "Which one is at the {}?", "What does the box at the {} say?", "What is written at the {}?"], "boxes": ["How many boxes are there?", "How many boxes do you see?", "Count the boxes.", "How many fields are there?"],
    "side item": ["Which entry of the side bar is selected?", "What is selected in the side bar?", "What is selected at the side?", "Which section is open?", "Which item of the list at the side is highlighted?", "Where in the side bar am I?"],
    "side items": ["What is in the side bar?", "List the items of the side bar.", "Which entries does the side bar have?"], "tools": ["Which buttons are in the tool bar?", "What is in the tool bar?", "List the tool bar's buttons."],
    "window title": ["What is the title of the window?", "What is written in the title bar?", "What is this window called?", "Which title does the window have?", "Read the title bar."],
    "status": ["What is written in the status bar?", "What does the bar at the bottom say?", "Read the status bar.", "What does the line at the bottom of the window say?", "What is in the status bar?", "What status is shown at the bottom?"],
    "menu": ["Which menu item is selected?", "Which item is highlighted?", "What is selected in the list?", "Which entry is selected?", "Which tab is active?"], "items": ["List the items.", "What are the items?", "Which entries are in the list?", "What is in the list?", "Which menu items are there?"],
    "item count": ["How many items are there?", "How many entries are in the list?", "How many items does the list have?", "Count the items."],
}
ABSENT = ["What is the phone number?", "What is the name of the dog?", "What colour is the car?", "Where is the cat?", "What does the sign say?", "How old is the man?", "What is the weather?", "What is the license plate?",
          "What is the email address?", "Where is the moon?", "What is the person wearing?", "What time is it on the clock?", "What brand is the phone?", "What is the score of the game?", "What is the price of the shoes?",
          "Is the door open?", "What is the cat doing?", "What does the poster say?", "What is on the plate?", "Which way does the road go?", "What song is playing?", "Who won?", "How many cars are there?", "What is on the wall?",
          "What is the temperature?", "Which flag is shown?", "How many people are there?", "What is the animal doing?", "What is the man holding?", "What is the password?", "What is the battery level?"]

# Of one that is chosen of several, beside the ways to ask for any value.
CHOSEN = ["Which option is selected for {}?", "What is chosen for {}?", "What is selected under {}?", "Which {} is selected?", "Which one is picked for {}?", "Which {} is chosen?", "What is {} set to?", "Which option is chosen under {}?", "What did they choose for {}?", "Which one is selected for {}?"]

# What is asked of some kinds of screens alone: about others, the answer is that it is not there.
ALONE = [(("chart",), [q for k in ("tallest", "shortest", "bars", "chart title", "chart colour", "chart kind", "slices") for q in ASK[k] if "bar" in q or "chart" in q or "slice" in q]),
         (("dialog",), ASK["main button"] + [q for q in ASK["buttons"] if "utton" in q]), (("table", "invoice"), [q for k in ("rows", "columns", "headings") for q in ASK[k] if "table" in q or "column" in q or "row" in q]),
         (("code",), ASK["function"] + ASK["returns"]), (("terminal",), ASK["command"] + ["What did it print?", "What does the command print?"]), (("chat",), ["Who wrote the last message?", "Who wrote the first message?", "What did {} write?", "What is {}'s message?"]),
         (("invoice", "form", "table"), ["What is the total amount?", "How much is due?", "What is the amount due?", "How much do I have to pay?", "What is the price of {}?", "How much does {} cost?"]),
         (("shapes", "boxes"), ["What color is the circle?", "Where is the star?", "How many triangles are there?", "Where is the red square?", "What shape is in the center?", "What does the red box say?", "What is written in the green box?"]),
         (("form",), ASK["checked"] + ASK["field"])]

# How people ask for the same in more words, or in fewer.
VERBS = "Read Transcribe Extract Write Copy List Name Count Describe Tell Find Summarise Summarize Turn Give Get Put Recognise Look".split()
BIDS = ["Can you {}?", "Could you {}?", "Could you {}, please?", "Please {}.", "Can you please {}?", "Can you {} for me?", "Would you {} for me?", "I want you to {}.", "I need you to {}.", "Could you please {} for me?", "Will you {}?", "I'd like you to {}."]
WAYS = ["Can you tell me: {}", "Please tell me, {}", "I'd like to know: {}", "Look at the picture. {}", "Hi! {}", "{} Thanks!", "Could you look: {}", "One question: {}", "{} Please look closely.", "Hey, {}", "Please: {}", "{} Thank you."]
INDIRECT = ["Can you tell me {}?", "Could you tell me {}?", "Do you know {}?", "Please tell me {}.", "Can you see {}?", "Tell me {}.", "I want to know {}.", "Could you please say {}?", "Can you find out {}?", "Would you tell me {}, please?"]


def politely(r, q):
    """The same question as others would put it."""
    text, k = str(q), r.random()
    low = text[0].lower() + text[1:]
    if k < .25: text = (low if r.random() < .7 else text).rstrip("?." if r.random() < .6 else "")    # as one types in haste
    elif text.split()[0] in VERBS: text = r.choice(BIDS).format(low.rstrip("."))
    elif (m := re.fullmatch(r"(What|Which|Who|Where|When|How much)(?: is|'s) (?!there )(.*)\?", text)) and r.random() < .7: text = r.choice(INDIRECT).format(f"{m[1].lower()} is {m[2]}" if re.match("(next|in|at|on|to|below|written|shown|entered|selected|chosen|different|left|right|under|enabled|due|returned) ?", m[2]) else f"{m[1].lower()} {m[2]} is")
    elif (m := re.fullmatch(r"(How many .*|What) (are|is) there\?", text)) and r.random() < .7: text = r.choice(INDIRECT).format(f"{m[1][0].lower()}{m[1][1:]} there {m[2]}")
    elif (m := re.fullmatch(r"What does (.*) (say|show|contain|have|cost)\?", text)) and r.random() < .7: text = r.choice(INDIRECT).format(f"what {m[1]} {m[2]}s".replace(" haves", " has"))
    elif text.startswith(("What", "Which", "Who", "Where", "When", "How", "Is ")): text = r.choice(WAYS).format(text)
    return question(text, getattr(q, "what", ""), getattr(q, "about", ""), getattr(q, "after", None))


def elsewhere(r, kind):
    """A question that makes sense of other kinds of screens only."""
    return r.choice([q for kinds, qs in ALONE if kind not in kinds for q in [r.choice(qs)]])


# How one goes on from a question to one of the same sort about something else; {} is what it is about.
AGAIN = {"value": ["And {}?", "What about {}?", "And the {}?", "How about {}?", "And what is the {}?"], "checked": ["And {}?", "What about {}?", "How about {}?", "Is {} as well?"],
         "chart value": ["And {}?", "And of {}?", "What about {}?", "And for {}?", "How about {}?"], "cell": ["And for {}?", "And {}?", "What about {}?", "And of {}?", "How about {}?"],
         "cell column": ["And the {}?", "What about the {}?", "And {}?", "And its {}?"], "where": ["And the {}?", "What about the {}?", "And where is the {}?"], "colour": ["And the {}?", "What about the {}?", "And what color is the {}?"],
         "chart colour": ["And {}?", "What about {}?"], "count shape": ["And {}s?", "How about {}s?", "And how many {}s?"], "said": ["And {}?", "What about {}?", "And what did {} say?"], "line": ["And line {}?", "What about line {}?"],
         "at": ["And at the {}?", "What about the {}?", "And in the {}?"], "box says": ["And the {} one?", "What about the {} box?"], "box colour": ["And {}?", "What about {}?"], "box at": ["And at the {}?", "And the {}?"], "is there": ["And a {}?", "What about a {}?", "And is there a {}?"], "is there button": ["And {}?", "What about {}?"]}


class Question(str):
    """A question that knows what sort it is of and what it is about; one that leans on another (`after`) makes no sense but after that."""
    what, about, after = "", "", None


def question(text, what="", about="", after=None):
    q = Question(text.strip())
    q.what, q.about, q.after = what, about, after
    return q


def said(q, on):
    """The answer to "Is it checked?"."""
    return ("On" if on else "Off") if "on or off" in q else "Yes" if on else "No"


def is_of(q, *sorts):
    """Whether a question is of one of the sorts, by what it knows or by its words."""
    return getattr(q, "what", "") in sorts or any(q in ASK[s] for s in sorts)


def reading(r):
    """A request to read, put together: there are more ways to say so than a list holds."""
    thing = r.choice(["the text", "all the text", "all text", "the words", "every word", "the whole text", "everything", "all of it", "the writing", "the content", "the contents", "what is written", "what it says", "what you see",
                      "each line", "all the words", "the lines", "this", "it", "the full text", "whatever is written", "what's there", "the complete text"])
    where = "" if thing in ("this", "it", "all of it") else r.choice(["", "", "", " in the image", " in this picture", " on the screen", " on screen", " in this screenshot", " here", " shown here", " from this picture", " from the image", " that you see", " of this window", " in the screenshot"])
    bid = f"{r.choice(['Read', 'Read', 'Read out', 'Transcribe', 'Copy', 'Write down', 'Write out', 'Type', 'Extract', 'Give me', 'Show me', 'Tell me', 'Repeat', 'Spell out', 'Output', 'Print', 'Get', 'Return', 'Quote', 'Put down'])} {thing}{where}"
    text = r.choice([bid + ".", bid + ".", bid, f"Please {bid[0].lower()}{bid[1:]}.", f"{r.choice(['Can', 'Could', 'Would', 'Will'])} you {bid[0].lower()}{bid[1:]}{r.choice(['', '', ' for me', ', please'])}?", f"What does {r.choice(['it', 'this', 'the text', 'the picture', 'the image', 'the screen', 'the page', 'this picture'])} say{r.choice(['', '', ' here', ' exactly'])}?",
                     f"What {r.choice(['text', 'words', 'writing'])} {r.choice(['is', 'do you see', 'can you read', 'is there'])}{' in' if r.random() < .5 else ' on'} {r.choice(['this picture', 'the image', 'the screenshot', 'it', 'the screen'])}?", f"What {r.choice(['is written', 'is shown', 'do you read', 'can be read', 'stands'])}{r.choice(['', ' here', ' in the picture', ' on the screen', ' in this image'])}?"])
    return question(text, "read")


def counting(r, what):
    """A request to count a table's rows or columns, put together; the line of headings is never one of the rows."""
    thing = "columns" if what == "columns" else r.choice(["rows", "rows", "rows", "data rows", "entries", "records", "rows of data", "lines of data"])
    text = r.choice(["How many {} does the table have", "How many {} are there", "How many {} are in the table", "How many {} can you see", "How many {} does it have", "How many {} are shown", "How many {} do you see", "How many {} does this table show",
                     "Count the {}", "Count the {} of the table", "What is the number of {}", "The number of {}", "How many {} has the table", "How many {} does the list have", "Number of {}"]).format(thing)
    if what == "rows" and r.random() < .6:
        text += r.choice([", without the {}", " without the {}", ", leaving out the {}", " below the {}", " under the {}", " besides the {}", ", the {} not counted", " apart from the {}", ", the {} aside", ", excluding the {}", " if you leave out the {}", " when the {} is not counted",
                          ", ignoring the {}", ", except the {}", " (without the {})", ", not including the {}"]).format(r.choice(["header", "header", "header row", "headings", "column names", "titles", "top line", "first line", "heading row", "row of headings", "names of the columns"]))
    return question(text + ("." if text.startswith("Count") else "?"), what)


def ask(r, what, /, *args, **named):
    if what in ("read", "read code") and r.random() < .5: return reading(r)
    if what in ("rows", "columns") and r.random() < .6: return counting(r, what)
    return question(r.choice(ASK[what]).format(*args, **named), what, named or (args[0] if args else ""))


def lean(r, turns, share=.3):
    """The turns in their order, but that some are followed at once by another of their sort, asked in few words: "And the date?"."""
    rest, out = list(turns), []
    while rest:
        t = rest.pop(0)
        out.append(t)
        while r.random() < share and (next_ := leaning(r, t[0], rest)):
            i, text = next_
            t = (question(text, rest[i][0].what, rest[i][0].about, t[0]), rest[i][1])
            del rest[i]
            out.append(t)
    return out


def leaning(r, before, rest):
    what, about = getattr(before, "what", ""), getattr(before, "about", "")
    for i, (q, _) in enumerate(rest):
        if what not in AGAIN or getattr(q, "what", "") != what or q.about == about: continue
        if what != "cell": return i, r.choice(AGAIN[what]).format(q.about)
        same = [k for k in ("c", "r") if str(q.about[k]).lower() == str(about[k]).lower()]
        if same == ["c"]: return i, r.choice(AGAIN["cell"]).format(q.about["r"])
        if same == ["r"]: return i, r.choice(AGAIN["cell column"]).format(q.about["c"])
