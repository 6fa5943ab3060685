"""Words that name no thing: what is left of a question without them is what it is about."""

from assistant.retrieval.terms import terms

_WORDS = """
order orders ordered ordering parcel package delivery deliveries deliver delivered delivering
shipment ship shipped shipping dispatched purchase purchased buy bought buying return returned
returning returns refund refunded refunds exchange exchanged exchanging replacement item items
product products thing things stuff number case cases ticket complaint complained reported report
repair repaired subscription subscriptions subscribed membership warranty warranties guarantee
covered call called calling calls phone phoned telephone rang visit visited visits store shop
branch history account invoice receipt basket cart trolley website online page pages rating
ratings rate rated review reviewed stars address price total money amount
place placed make made send sent sending go going come came coming arrive arrived arriving expect
expected get got gets getting here there pay paid cost costs spend spent charge charged track
tracking look looked looking see saw seen search searched view viewed browse browsed cancel
cancelled change changed switch keep open opened pending paused running happen happened happening
print printed label say said saying talk talked spoke speak tell told give gave take took bring
brought find found check know want need wish like use used show list hear heard reach wait waiting
receive received contain contains include included put start started end ended begin choose pick
picked try tried let turn turned miss missing work works working last lasts
status state news update late delayed overdue soon long far old new latest last recent recently
first second third next previous other another else more rest whole back again still yet already
now ever never just only also too so really actually exactly instead progress done right wrong ok
okay due way eta inside off on in at up down broken faulty
today tonight tomorrow yesterday day days week weeks weekend month months year years ago since
until date time times morning afternoon evening night
was were is are am be did do does done has have had having been being that this these those it its
them they one ones all any anything everything nothing something some no not none yes each every
both many much few little lot please could would should can may might must shall will i me my mine
we our us you your he she his her a an the and or but if then than as to of for from with by about
into over under without between because cannot cant couldnt hasnt havent hadnt didnt dont doesnt
isnt arent wasnt werent wont wouldnt shouldnt ive im id hi hello hey thanks thank help question
wonder think guess believe sure quick reason why how what whats when where wheres which who whose
whom color colour size model option
"""
"""In turn: what any record could be called, what is done with it, how it stands, when, the rest."""

GENERIC = frozenset(terms(_WORDS)) | frozenset(_WORDS.split())

NO_HEAD = frozenset(
    (
        "every",
        "week",
        "weeks",
        "month",
        "months",
        "year",
        "years",
        "day",
        "days",
        "pack",
        "piece",
        "set",
    )
)
"""Words at the end of a product's name that do not say what it is ("every 4 weeks")."""
