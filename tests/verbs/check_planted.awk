# A clean export, and with -v plant=1 the same with defects planted, one a row, in numbers that the header of `plan` tells.
# Reads the generator's deals.csv; rows with quotes are left out. -v plan=FILE gets "defect role count" of what was planted.
BEGIN {
  FS = OFS = ","
  today = "2025-12-31"
  n = split("id missing|id|any|3;account missing|account|any|5;owner missing|owner|any|4;product missing|product|any|6;" \
            "region missing|region|any|7;source missing|source|any|8;stage missing|stage|open|3;" \
            "amount missing|amount|open|9;won without an amount|amount|won|4;lost without an amount|amount|lost|5;" \
            "created missing|created|any|11;closed without a date|closed|lost|12;" \
            "expected close missing|expected_close|open|6;probability missing|probability|open|4;" \
            "currency missing|currency|any|5;next step missing|next_step|open|7;activity missing|last_activity|open|3;" \
            "negative amount|amount|any|5;absurd amount|amount|open|2;amount zero|amount|open|7;" \
            "won for nothing|amount|won|3;created far off|created|open|2;closed far off|closed|won|2;" \
            "expected close far off|expected_close|open|3;impossible probability|probability|lost|4;" \
            "past its expected close|expected_close|open|8;no activity|last_activity|open|9;" \
            "open too long|created|open|5;open with a closing date|closed|open|4;" \
            "closed before created|created|won|6;closed in the future|closed|won|5;created in the future|created|open|3;" \
            "stage against outcome|stage|lost|4;won but not closed|is_won|won|3;open at 100 %|probability|open|5;" \
            "probability against outcome|probability|won|6;unknown stage|stage|open|2;" \
            "word for no value|source|any|13;spelling|owner|any|10;spelling|product|any|9;" \
            "other currency|currency|any|6;exact duplicate||any|14;same id, other values|id|lost|8;" \
            "likely duplicate|name|lost|7", plans, ";")
  for (i = 1; i <= n; i++) {
    split(plans[i], part, "|")
    name[i] = part[1]; role[i] = part[2]; state[i] = part[3]; left[i] = part[4] + 0
    if (plant) print part[1] "|" part[2] "|" (part[1] == "same id, other values" ? 2 * part[4] : part[4]) > plan
  }
}
NR == 1 {
  print "deal_id,name,account,owner,product,region,source,stage,amount,created_date,expected_close,closed_date," \
        "is_closed,is_won,probability,currency,last_activity,next_step"
  next
}
/"/ { next }
{
  open = $7 !~ /^Closed/
  won = $7 == "Closed Won"
  split("", f)
  f[1] = $1; f[2] = "Deal " $1; f[3] = $2; f[4] = $3; f[5] = $4; f[6] = $5; f[7] = $6; f[8] = $7; f[9] = $8
  f[10] = $9; f[11] = $10; f[12] = $11
  if (f[9] == "" || f[9] + 0 <= 0) f[9] = 1000
  f[9] = f[9] + NR / 10000 # no two amounts are alike
  if (open) { f[10] = "2025-12-01"; f[11] = "2026-02-10"; f[12] = "" }
  f[13] = open ? 0 : 1; f[14] = won ? 1 : 0; f[15] = open ? 40 : won ? 100 : 0
  f[16] = "EUR"; f[17] = open ? "2025-12-20" : ""; f[18] = open ? "Call again" : ""
  kind = open ? "open" : won ? "won" : "lost"
  closed_early = !open && f[12] < "2025-11-01"
  twin = ""
  if (plant) {
    # Each kind of deal has a queue of its own; those for any deal take closed ones, which are plenty.
    for (i = 1; i <= n; i++)
      if (left[i] > 0 && (state[i] == kind || (state[i] == "any" && closed_early && NR % 2))) break
    if (i <= n && (open || closed_early)) { left[i]--; spoil(name[i], role[i]) }
  }
  put()
  if (twin == "exact") put()
  if (twin == "id") { f[9] += 1; put() }
  if (twin == "likely") { f[1] = f[1] "B"; f[2] = f[2] " again"; put() }
}
END {
  for (i = 1; i <= n && plant; i++)
    if (left[i] > 0) { print "not planted: " name[i] > "/dev/stderr"; exit 1 }
}
function put(   line, k) {
  line = f[1]
  for (k = 2; k <= 18; k++) line = line "," f[k]
  print line
}
function spoil(what, where) {
  if (what ~ / missing$/) {
    if (where == "id") f[1] = ""
    if (where == "account") f[3] = ""
    if (where == "owner") f[4] = ""
    if (where == "product") f[5] = ""
    if (where == "region") f[6] = ""
    if (where == "source") f[7] = ""
    if (where == "stage") f[8] = ""
    if (where == "amount") f[9] = ""
    if (where == "created") f[10] = ""
    if (where == "expected_close") f[11] = ""
    if (where == "probability") f[15] = ""
    if (where == "currency") f[16] = ""
    if (where == "last_activity") f[17] = ""
    if (where == "next_step") f[18] = ""
  }
  if (what ~ /without an amount$/) f[9] = ""
  if (what == "closed without a date") f[12] = ""
  if (what == "negative amount") f[9] = -f[9]
  if (what == "absurd amount") f[9] = 987654321012
  if (what == "amount zero" || what == "won for nothing") f[9] = 0
  if (what == "created far off") f[10] = "1987-05-05"
  if (what == "closed far off") f[12] = "2091-05-05"
  if (what == "expected close far off") f[11] = "2091-05-05"
  if (what == "impossible probability") f[15] = 150
  if (what == "past its expected close") f[11] = "2025-12-15"
  if (what == "no activity") f[17] = "2025-06-30"
  if (what == "open too long") f[10] = "2022-01-10"
  if (what == "open with a closing date") f[12] = "2025-12-10"
  if (what == "closed before created") f[10] = "2025-12-01"
  if (what == "closed in the future") f[12] = "2026-03-01"
  if (what == "created in the future") f[10] = "2026-03-01"
  if (what == "stage against outcome") f[8] = "Closed Won"
  if (what == "won but not closed") f[13] = 0
  if (what == "open at 100 %") f[15] = 100
  if (what == "probability against outcome") f[15] = 0
  if (what == "unknown stage") { f[8] = "Zeta"; f[13] = ""; f[14] = "" }
  if (what == "word for no value") f[7] = "Select"
  if (what == "spelling" && where == "owner") f[4] = toupper(f[4])
  if (what == "spelling" && where == "product") f[5] = f[5] "."
  if (what == "other currency") f[16] = "USD"
  if (what == "exact duplicate") twin = "exact"
  if (what == "same id, other values") twin = "id"
  if (what == "likely duplicate") twin = "likely"
}
