# What dealcast made of a rebuilt export against NN.expect: prints "title: R of N roles, ..." and each difference; 1 = any.
# -v columns=FILE (the table as CSV) -v counts=FILE ("open won lost")
BEGIN {
  FS = "\t"
  while ((getline line <columns) > 0) {
    k = cut(line, f)
    if (!head) { for (c = 1; c <= k; c++) at[f[c]] = c; head = 1; continue }
    file = f[at["file"]] ~ /history/ ? "history" : "deals"
    role[file, f[at["name"]]] = f[at["role"]]
    type[file, f[at["name"]]] = f[at["type"]]
    why[file, f[at["name"]]] = f[at["why"]]
  }
  split("id stage outcome is_closed is_won is_active amount actual_amount created closed won_at lost_at expected_close changed_at owner account", list, " ")
  for (k in list) decides[list[k]] = 1
}

function cut(line, f,   k, c, quoted, p) {
  k = 1
  f[1] = ""
  quoted = 0
  for (p = 1; p <= length(line); p++) {
    c = substr(line, p, 1)
    if (c == "\"" && quoted && substr(line, p + 1, 1) == "\"") { f[k] = f[k] c; p++ }
    else if (c == "\"") quoted = !quoted
    else if (c == "," && !quoted) f[++k] = ""
    else f[k] = f[k] c
  }
  return k
}

$1 == "title" { title = $2 }
$1 == "role" {
  got = role[$4, $2]
  demanded++
  found = 0
  if ($3 == "-") found = got != "" && !(got in decides)
  k = split($3, allowed, "|")
  for (i = 1; i <= k; i++) found = found || got == allowed[i]
  right += found
  if (!found) message = message "\n  " $4 " column \"" $2 "\" is " (got == "" ? "lost" : got) ", not " $3 " (" type[$4, $2] ": " why[$4, $2] ")"
}
$1 == "counts" {
  getline line <counts
  counted = line == $2 " " $3 " " $4
  if (!counted) message = message "\n  open won lost: " line ", not " $2 " " $3 " " $4
}
END {
  print title ": " right " of " demanded " roles, " line " open, won, lost" message
  exit !(right == demanded && counted)
}
