# Changes those rows of a CSV file that a test calls later; all others pass as they are.
#   awk -v day=D -f change.awk SETTING=VALUE... FILE
#   closed=COLUMN    rows whose closing date is empty or after `day` are later, ...
#   when=COLUMN      ... or rows whose date or instant is after `day`; neither: all rows
#   until=DAY        and on or before this day (rows without a date then stay as they are)
#   drop=1           later rows are left out, but keep_last=1 keeps the last of them
#   permute='A+B C'  columns A and B together, C on its own, are dealt out anew among the later rows
#   set='A=x B=y'    columns become constants in the later rows (no blanks in the values)
#   shuffle=1        all rows come in a random order instead
#   seed=N           of the permutations
# Quoted cells may hold commas and doubled quotes, not line breaks.

# Lehmer 1951: the same numbers under every awk.
function draw(n) { state = (state * 16807) % 2147483647; return int(state / 2147483647 * n) }

function cut(line, cell,    n, i, c, inside, text) {
  if (index(line, "\"") == 0) return split(line, cell, ",")
  n = 1; text = ""; inside = 0
  for (i = 1; i <= length(line); i++) {
    c = substr(line, i, 1)
    if (c == "\"" && inside && substr(line, i + 1, 1) == "\"") { text = text c; i++ }
    else if (c == "\"") inside = !inside
    else if (c == "," && !inside) { cell[n++] = text; text = "" }
    else text = text c
  }
  cell[n] = text
  return n
}

function quoted(text) {
  if (index(text, ",") == 0 && index(text, "\"") == 0) return text
  gsub(/"/, "\"\"", text)
  return "\"" text "\""
}

function is_later(    date) {
  if (closed == "" && when == "") return 1
  date = substr(cell[column[closed != "" ? closed : when]], 1, 10)
  if (until != "" && (date == "" || date > until)) return 0
  return closed != "" && date == "" || date > day
}

function need(name) {
  if (!(name in column)) { print "change.awk: no column " name > "/dev/stderr"; bad = 1; exit 2 }
  return column[name]
}

function exchange(i, j, at,    k, c, held) {
  for (k in at) { c = at[k]; held = value[i, c]; value[i, c] = value[j, c]; value[j, c] = held }
}

FNR == 1 {
  sub(/\r$/, "")
  print
  width = cut($0, cell)
  for (c = 1; c <= width; c++) column[cell[c]] = c
  state = seed * 7919 + 1
  for (k = 0; k < 10; k++) draw(2)
  next
}
{
  sub(/\r$/, "")
  line[++rows] = $0
  if (shuffle) next
  delete cell
  cut($0, cell)
  if (closed != "") need(closed)
  if (when != "") need(when)
  if (!is_later()) next
  for (c = 1; c <= width; c++) value[rows, c] = cell[c]
  row[++n] = rows
  later[rows] = 1
}
END {
  if (bad) exit 2
  groups = split(permute, group, " ")
  for (g = 1; g <= groups; g++) {
    delete at
    parts = split(group[g], part, "+")
    for (k = 1; k <= parts; k++) at[k] = need(part[k])
    for (i = n; i > 1; i--) exchange(row[i], row[draw(i) + 1], at)
  }
  constants = split(set, constant, " ")
  for (k = 1; k <= constants; k++) {
    sign = index(constant[k], "=")
    c = need(substr(constant[k], 1, sign - 1))
    for (i = 1; i <= n; i++) value[row[i], c] = substr(constant[k], sign + 1)
  }
  if (shuffle)
    for (i = rows; i > 1; i--) { j = draw(i) + 1; held = line[i]; line[i] = line[j]; line[j] = held }
  for (i = 1; i <= rows; i++) {
    if (!(i in later)) { print line[i]; continue }
    if (drop && !(keep_last && i == row[n])) continue
    text = quoted(value[i, 1])
    for (c = 2; c <= width; c++) text = text "," quoted(value[i, c])
    print text
  }
}
