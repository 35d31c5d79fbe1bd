# Rebuilds the exports of crm_headers.csv: awk -v out=DIR -v form=NAME -f exports.awk exports.roles crm_headers.csv
# writes DIR/NN.csv (40 deals in the system's own spelling), DIR/NN.history.csv for histories, and DIR/NN.expect:
#   title TAB ..., counts TAB open TAB won TAB lost, role TAB column TAB role[|role...] or "-" (none that decides), file
# form: plain, shuffled, upper, underscores, prefixed: what is done to the names of columns
BEGIN { DEALS = 40; made = 0 }

# The roles' table.
FNR == NR {
  if ($0 ~ /^#/ || NF == 0) next
  role_of[$1] = $2
  holds[$1] = $3
  place[$1] = ++places
  next
}

FNR == 1 { next }
{
  cut($0, f)
  key = f[1] "\t" f[2]
  if (f[2] ~ /quirks$/) next
  if (f[2] == "default stages") { default_stages = f[3]; next }
  if (f[3] ~ /^阶段: /) { other_stages[++n_other] = substr(f[3], length("阶段: ") + 1); next }
  if (!(key in n)) order[++exports] = key
  i = ++n[key]
  header[key, i] = f[3]
  field[key, i] = f[4]
  quirk[key, i] = f[5]
}

END {
  for (e = 1; e <= exports; e++) {
    split(order[e], part, "\t")
    build(order[e], part[1], part[2])
  }
  print made
}

function cut(line, f,   k, c, quoted, at) {
  k = 1
  f[1] = ""
  quoted = 0
  for (at = 1; at <= length(line); at++) {
    c = substr(line, at, 1)
    if (c == "\"" && quoted && substr(line, at + 1, 1) == "\"") { f[k] = f[k] c; at++ }
    else if (c == "\"") quoted = !quoted
    else if (c == "," && !quoted) f[++k] = ""
    else f[k] = f[k] c
  }
  return k
}

# "a / b" and, in Chinese exports, "a/b" are two names that the column may have: the v-th, or the last.
function choice(text, v, sign,   parts, k) {
  k = split(text, parts, sign)
  return parts[v < k ? v : k]
}
function sign_of(crm) { return crm ~ /^[A-Z]/ ? " / " : " */ *" }

function build(key, crm, kind,   v, i, variants, k, list) {
  variants = 1
  for (i = 1; i <= n[key]; i++) {
    k = split(header[key, i], list, sign_of(crm))
    if (k > variants) variants = k
  }
  if (crm ~ /^other/ && variants < n_other) variants = n_other
  for (v = 1; v <= variants; v++) write(key, crm, kind, v)
}

function write(key, crm, kind, v,   i, c, m, names, fields, history, canonical, stem) {
  history = kind ~ /History/
  stem = sprintf("%s/%02d", out, ++made)
  m = 0
  if (kind ~ /SOQL/) { # fields beside those of the export
    for (i = 1; i <= n[history_key]; i++) { names[++m] = header[history_key, i]; fields[m] = field[history_key, i] }
  } else if (history) history_key = key
  for (i = 1; i <= n[key]; i++) {
    canonical = choice(field[key, i], 1, "/")
    if (crm ~ /^other/) { # names met in several systems: canonical fields run beside the names
      canonical = choice(field[key, i], v, "/")
      if (i == n[key] && v > 1) continue
    }
    if (header[key, i] ~ /<stage>/) {
      m += expand(header[key, i], canonical, names, fields, m)
      continue
    }
    names[++m] = choice(header[key, i], v, sign_of(crm))
    if (names[m] == "赢单日期") canonical = "won_at"
    fields[m] = canonical
  }
  if (crm ~ /^other/) m = complete(names, fields, m)
  if (crm ~ /^Sales/ && !history && kind ~ /^Data/) sales_key = key
  print "title\t" crm ", " kind (v > 1 ? ", " v : "") >(stem ".expect")
  if (history) {
    table(stem ".history.csv", crm, kind, v, names, fields, m, 1)
    demand(stem, names, fields, m, 1)
    m = 0
    for (i = 1; i <= n[sales_key]; i++) { names[++m] = header[sales_key, i]; fields[m] = field[sales_key, i] }
    kind = "Data Export"
  }
  table(stem ".csv", crm, kind, v, names, fields, m, 0)
  demand(stem, names, fields, m, 0)
  count(stem)
  close(stem ".expect")
}

# One column for each of some stages.
function expand(name, canonical, names, fields, m,   k, list, text) {
  k = split("Appointment Scheduled,Contract Sent,Closed Won", list, ",")
  for (i0 = 1; i0 <= k; i0++) {
    text = name
    sub(/<stage>/, list[i0], text)
    sub(/<pipeline>/, "Sales Pipeline", text)
    names[m + i0] = text
    fields[m + i0] = canonical
  }
  return k
}

# Names from public code come without the rest of their export.
function complete(names, fields, m) {
  names[++m] = "商机编号"; fields[m] = "deal_id"
  names[++m] = "阶段"; fields[m] = "stage"
  names[++m] = "创建时间"; fields[m] = "created"
  if (!has(fields, m, "expected_close")) { names[++m] = "预计成交日期"; fields[m] = "expected_close" }
  return m
}
function has(fields, m, name,   i) { for (i = 1; i <= m; i++) if (fields[i] == name) return 1; return 0 }

# --- what the columns must become
function demand(stem, names, fields, m, history,   c, f, role, k, holder, twice) {
  for (c = 1; c <= m; c++) {
    f = fields[c]
    role = f in role_of ? role_of[f] : "-"
    if (history) role = history_role(f)
    if (role != "-") {
      twice = 0
      for (k = 1; k <= m; k++) {
        holder = fields[k]
        if (k == c || !(holder in role_of) || role_of[holder] != role || role == "stage_date" || role == "contact") continue
        if (place[holder] < place[f]) role = "-"
        else if (holder == f) twice = 1
      }
      if (twice && role != "-") role = role "|none"
    }
    print "role\t" spelt(names[c]) "\t" role "\t" (history ? "history" : "deals") >(stem ".expect")
  }
}
function history_role(f) {
  if (f == "changed_at") return "changed_at"
  if (f == "close_date") return "expected_close"
  return f == "deal_id" || f == "stage" || f == "amount" || f == "probability" || f == "currency" || f == "forecast_category" ? role_of[f] : "-"
}

function count(stem,   i, s) {
  s["O"] = s["W"] = s["L"] = 0
  for (i = 1; i <= DEALS; i++) s[state(i)]++
  print "counts\t" s["O"] "\t" s["W"] "\t" s["L"] >(stem ".expect")
}

# --- names of columns in another form
function spelt(name) {
  if (form == "upper") return toupper(name)
  if (form == "underscores") { gsub(/ /, "_", name); return tolower(name) }
  if (form == "prefixed") return (name ~ /[^ -~]/ ? "商机" : "Deal - ") name
  return name
}

# --- cells
function state(i) { return i == deleted ? "X" : i % 5 < 2 ? "W" : i % 5 < 4 ? "L" : "O" }
function created(i) { return 19724 + 3 * i } # 2024-01-02 and later
function closed(i) { return created(i) + 20 + (i * 7) % 30 }
function expected(i) { return state(i) == "O" ? 19950 + i : closed(i) + (i % 3 - 1) * 5 }
function amount(i) { return 1200 + 137.5 * i }

function date(day,   z, era, doe, yoe, doy, mp) { # days since 1970-01-01; sets Y, M, D
  z = day + 719468
  era = int(z / 146097)
  doe = z - era * 146097
  yoe = int((doe - int(doe / 1460) + int(doe / 36524) - int(doe / 146096)) / 365)
  doy = doe - (365 * yoe + int(yoe / 4) - int(yoe / 100))
  mp = int((5 * doy + 2) / 153)
  D = doy - int((153 * mp + 2) / 5) + 1
  M = mp < 10 ? mp + 3 : mp - 9
  Y = yoe + era * 400 + (M <= 2)
}
# kind: "day" or "time" as this crm writes them
function day_text(day, kind) {
  date(day)
  if (style == "salesforce") return sprintf("%04d-%02d-%02d %s", Y, M, D, kind == "day" ? "00:00:00" : "17:16:45")
  if (style == "report") return M "/" D "/" Y
  if (style == "dynamics" && serial) return kind == "day" ? day + 25569 : sprintf("%.5f", day + 25569 + 0.71875)
  if (style == "dynamics") return kind == "day" ? M "/" D "/" Y : M "/" D "/" Y (clock == 12 ? " 5:16 PM" : " 17:16")
  if (style == "hubspot") return sprintf("%04d-%02d-%02d 17:16", Y, M, D)
  if (style == "xsy") return sprintf("%04d/%02d/%02d", Y, M, D)
  if (kind == "day") return sprintf("%04d-%02d-%02d", Y, M, D)
  return sprintf("%04d-%02d-%02d 17:16:45", Y, M, D)
}
function money(x) {
  x = sprintf("%.2f", x)
  if (style != "report" && style != "zoho" && style != "dynamics" && style != "xsy") return x
  return length(x) > 6 ? substr(x, 1, length(x) - 6) "," substr(x, length(x) - 5) : x
}
function truth(yes) {
  if (style == "salesforce") return yes ? 1 : 0
  if (style == "odoo") return yes ? "True" : "False"
  if (style == "xsy") return yes ? "是" : "否"
  return yes ? "true" : "false"
}
function pick(list, i,   parts, k) { k = split(list, parts, "|"); return parts[i % k + 1] }

function stage(i, s, header,   open) {
  if (style == "dynamics") return header ~ /Phase/ ? pick("1-Qualify|2-Develop|3-Propose|4-Close", i) : pick("Qualify|Develop|Propose|Close", i)
  if (style == "pipedrive") return pick("Qualified|Contact Made|Demo Scheduled|Proposal Made|Negotiations Started", i)
  if (style == "odoo") return s == "W" ? "Won" : pick("New|Qualified|Proposition", i)
  if (style == "fx") return pick("验证客户|需求确定|方案报价|商务谈判", i)
  if (style == "wukong") return i % 4 + 1
  open = stages
  gsub(/\|[^|]*\|[^|]*$/, "", open)
  if (s == "O") return pick(open, i) suffix
  return pick(stages, s == "W" ? n_stages - 2 : n_stages - 1) suffix
}
function status(s) {
  if (style == "fx") return s == "W" ? "赢单" : s == "L" ? "输单" : "进行中"
  if (style == "wukong") return s == "W" ? 1 : s == "L" ? 2 : ""
  if (style == "dynamics") return s == "W" ? "Won" : s == "L" ? "Lost" : "Open"
  return s == "W" ? "won" : s == "L" ? "lost" : s == "X" ? "deleted" : "open"
}
function ident(i) {
  if (style == "salesforce") return sprintf("006460000%04dS5TAAV", i)
  if (style == "report") return sprintf("006460000%04dS5T", i)
  if (style == "zoho") return sprintf("zcrm_4876876000000%06d", i)
  if (style == "dynamics") return sprintf("%08x-5a1c-ee11-8179-000d3a%06x", i * 7919, i)
  if (style == "odoo") return sprintf("__export__.crm_lead_%d_ab12cd34", i)
  return style == "hubspot" ? sprintf("90071992540%05d", i) : 1000 + i
}
function forecast(s) { return s == "W" ? "Closed" : s == "L" ? "Omitted" : "Pipeline" }

function cell(what, i, header, step,   s) {
  s = step ? (step < 3 ? "O" : state(i)) : state(i)
  if (what == "id") return ident(i)
  if (what == "name") return pick("Generators|Café Zürich|北京项目", i) " " i
  if (what == "account") return pick("Acme|Brix GmbH|Cork Ltd|华为技术|Delta", i)
  if (what == "account_id") return style == "salesforce" ? sprintf("0014600001TvgfZA%02d", i % 7) : "A" i % 7
  if (what == "rep") return pick("Ann Smith|Bob Jones|王伟", i)
  if (what == "rep_id") return style == "salesforce" ? sprintf("00546000001l1cJA%02d", i % 3) : 70 + i % 3
  if (what == "team") return pick("EMEA|APAC", i)
  if (what == "product") return pick("Core|Plus|Max", i)
  if (what == "source") return pick("Web|Trade Show|Partner", i)
  if (what == "campaign") return pick("Spring|Autumn", i)
  if (what == "pipeline") return style == "wukong" ? 1 + i % 2 : "Sales Pipeline"
  if (what == "type") return style == "hubspot" ? pick("newbusiness|existingbusiness", i) : pick("New Customer|Existing Customer - Upgrade", i)
  if (what == "record_type") return "opportunity"
  if (what == "stage") return step == 1 ? pick(stages, 0) suffix : stage(i, s, header)
  if (what == "from_stage") return step > 1 ? pick(stages, 0) suffix : ""
  if (what == "status") return status(s)
  if (what == "is_closed") return style == "hubspot" ? s != "O" : truth(s != "O")
  if (what == "is_won") return truth(s == "W")
  if (what == "is_open") return truth(s != "L")
  if (what == "amount") return money(amount(i))
  if (what == "actual") return s == "W" ? money(amount(i) * 0.9) : style == "dynamics" && s == "L" ? money(0) : ""
  if (what == "weighted") return money(amount(i) * chance(i, s))
  if (what == "quantity") return i % 4 ? "" : i
  if (what == "created") return day_text(created(i), "time")
  if (what == "close") return day_text(step ? expected(i) : s == "O" ? expected(i) : closed(i), "day")
  if (what == "closed") return s == "O" ? "" : day_text(closed(i), "time")
  if (what == "won_at") return s == "W" ? day_text(closed(i), "time") : ""
  if (what == "lost_at") return s == "L" ? day_text(closed(i), "time") : ""
  if (what == "expected") return day_text(expected(i), "day")
  if (what == "probability") return style == "pipedrive" && i % 3 ? "" : style == "hubspot" ? chance(i, s) : 100 * chance(i, s)
  if (what == "forecast") return forecast(s)
  if (what == "touched") return day_text((s == "O" ? 19860 : closed(i)), "day")
  if (what == "staged") return day_text((s == "O" ? created(i) + 9 : closed(i)), "time")
  if (what == "modified") return day_text((s == "O" ? 19870 : closed(i)), "time")
  if (what == "changed") return day_text(step == 1 ? created(i) : step == 2 ? created(i) + 9 : closed(i), "time")
  if (what == "reason") return style == "dynamics" ? (s == "W" ? "Won" : s == "L" ? pick("Canceled|Out-Sold", i) : pick("In Progress|On Hold", i)) : s == "L" ? pick("price|features", i) : ""
  if (what == "currency") return style == "dynamics" ? "US Dollar" : "USD"
  if (what == "contact") return pick("Bo Berg|Li Lei|Jo Jung", i)
  if (what == "number") return i % 9
  if (what == "cycle") return s == "O" ? "" : closed(i) - created(i)
  if (what == "zero") return 0
  if (what == "flag") return truth(i % 2)
  if (what == "lost_stage") return s == "L" ? "方案报价" : ""
  if (what == "rating") return pick("Hot|Warm|Cold", i)
  if (what == "custom") return pick("Honda|Yamaha|Fujitsu", i)
  return ""
}
function chance(i, s) { return s == "W" ? 1 : s == "L" ? 0 : (i % 9 + 1) / 10 }

# Cells of columns that have no field in the table: noise of the kind that their names promise.
function noise(header, i) {
  if (header ~ /[Dd]ate|Time|time|时间|日期|SystemModstamp|Last email/) return i % 3 ? "" : day_text(created(i) + 5, "day")
  if (header ~ /Email$|email_from/) return "bo" i "@acme.example"
  if (header ~ /Currency/) return "USD"
  if (header ~ /[Aa]mount|花费|折扣|[Qq]uantity|activities|Days|Year|Quarter|day_open|Priority|priority/) return i % 12
  if (header ~ /Id$|ID$|By$|Checksum/) return "X" (i * 37) % 1000
  if (header ~ /^(Has|Is)/) return truth(0)
  if (header ~ /描述|备注|Description|Step|Reason/) return i % 4 ? "" : "call, then write"
  return pick("a|b|c", i)
}

function settle(crm, kind, v,   k, parts) {
  style = crm ~ /^Sales/ ? (kind ~ /^Report/ ? "report" : "salesforce") : crm ~ /^Pipe/ ? "pipedrive" : crm ~ /^Hub/ ? "hubspot" : \
          crm ~ /^Zoho/ ? "zoho" : crm ~ /^Dyn/ ? "dynamics" : crm ~ /^Odoo/ ? "odoo" : crm ~ /^销售易/ ? "xsy" : \
          crm ~ /^纷享/ ? "fx" : crm ~ /^悟空/ ? "wukong" : "other"
  stages = "Prospecting|Qualification|Needs Analysis|Value Proposition|Id. Decision Makers|Perception Analysis|Proposal/Price Quote|Negotiation/Review|Closed Won|Closed Lost"
  suffix = ""
  if (style == "hubspot") { stages = default_stages; gsub(/\//, "|", stages); suffix = " (Sales Pipeline)" }
  if (style == "xsy") stages = "初步接洽|需求确定|方案报价|谈判审核|赢单|输单"
  if (style == "other") { stages = other_stages[v <= n_other ? v : n_other]; gsub(/\//, "|", stages) }
  n_stages = split(stages, parts, "|")
  deleted = style == "pipedrive" ? DEALS : 0
}

function quoted(text) {
  if (style != "salesforce" && style != "hubspot" && style != "report" && text !~ /[",\n]/) return text
  gsub(/"/, "\"\"", text)
  return "\"" text "\""
}

function table(file, crm, kind, v, names, fields, m, history,   i, c, k, step, line, text, at, what) {
  settle(crm, kind, v)
  for (c = 1; c <= m; c++) at[c] = form == "shuffled" ? (c * 3 + 1) % m + 1 : c
  if (form == "shuffled" && m % 3 == 0) for (c = 1; c <= m; c++) at[c] = m - c + 1
  line = ""
  for (c = 1; c <= m; c++) line = line (c > 1 ? "," : "") quoted(spelt(names[at[c]]))
  print line >file
  for (i = 1; i <= DEALS; i++)
    for (step = history; step <= (history ? (state(i) == "O" ? 2 : 3) : 0); step++) {
      line = ""
      for (c = 1; c <= m; c++) {
        k = at[c]
        what = fields[k] in holds ? holds[fields[k]] : ""
        text = what != "" ? cell(what, i, names[k], step) : noise(names[k], i)
        if (history && names[k] == "Id") text = sprintf("0084600000%04d%dAAA", i, step)
        line = line (c > 1 ? "," : "") quoted(text)
      }
      print line >file
    }
  if (kind ~ /^Report/ && footers) {
    print "\"Grand Totals (" DEALS " records)\"" >file
    print "\"\"\n\"Confidential Information - Do Not Distribute\"\n\"Copyright © 2000-2025 salesforce.com, inc. All rights reserved.\"" >file
  }
  close(file)
}
