#!/bin/sh
# words.sh TABLE: engine/deals/columns.txt or meanings.txt as C, sorted by its plain words (engine/deals/plain.h says what plain
# is; tests/deals/test_words.c holds both together).
LC_ALL=C
export LC_ALL
set -e
table=$1
case $table in
  *columns.txt) fields=3 blanks=0 ;;
  *meanings.txt) fields=1 blanks=1 ;;
  *) echo "words.sh: no such table: $table" >&2; exit 1 ;;
esac

# "plain word TAB the line's fields TAB 1 where a * marks it TAB the word with blanks TAB the line's first one"
lines=$(awk -v fields="$fields" -v blanks="$blanks" '
  BEGIN {
    n = split("a=à á â ã ä å ā ă ą À Á Â Ã Ä Å;ae=æ;c=ç ć č Ç;e=è é ê ë ē ę ě È É Ê Ë;i=ì í î ï ī Ì Í Î Ï;n=ñ ń ň Ñ;" \
              "o=ò ó ô õ ö ø ő Ò Ó Ô Õ Ö Ø;oe=œ;u=ù ú û ü ů ű Ù Ú Û Ü;y=ý ÿ;ss=ß;s=š ś;z=ž ź ż", parts, ";")
    for (i = 1; i <= n; i++) {
      sign = index(parts[i], "=")
      k = split(substr(parts[i], sign + 1), accents, " ")
      while (k) letter[accents[k--]] = substr(parts[i], 1, sign - 1)
    }
  }
  function plain(word, blanks, accent) {
    for (accent in letter) gsub(accent, letter[accent], word)
    word = tolower(word)
    gsub(/[ !-\/:-@\[-`{-~]+/, blanks ? " " : "", word)
    gsub(/^ | $/, "", word)
    return word
  }
  /^#/ || NF == 0 { next }
  {
    line = $0
    head = ""
    for (f = 1; f <= fields; f++) {
      match(line, /^ *[^ ]+/)
      head = head "\t" $f
      line = substr(line, RLENGTH + 1)
    }
    count = split(line, words, "|")
    for (w = 1; w <= count; w++) {
      word = plain(words[w], blanks)
      if (word == "") { print FILENAME ":" FNR ": an empty word" > "/dev/stderr"; exit 1 }
      print word head "\t" (words[w] ~ /\* *$/) "\t" plain(words[w], 1) "\t" plain(words[1], 1)
    }
  }' "$table")

echo "/* Made from $table by engine/deals/words.sh. */"
echo '#include "engine/deals/roles_parts.h"'
echo '#include "engine/deals/words_parts.h"'
# Synonyms of lines "word TAB role TAB files TAB weight" as C.
synonyms() {
  sort -u | awk -F '\t' '{
    files = ""
    if ($3 ~ /D/) files = files " | 1 << DC_SHAPE_DEALS"
    if ($3 ~ /H/) files = files " | 1 << DC_SHAPE_HISTORY"
    if ($3 ~ /A/) files = files " | 1 << DC_SHAPE_ACCOUNTS"
    if ($3 ~ /Q/) files = files " | 1 << DC_SHAPE_QUOTAS"
    printf "    {\"%s\", DC_ROLE_%s, %s, %d},\n", $1, toupper($2), substr(files, 4), $4
  }'
}

# The words of each name in order, small ones left out and the same ones made one: see loose_key in roles_names.c.
loosely() {
  awk -F '\t' '
    $2 == "small" { small[$1] = 1; next }
    $2 == "same" { same[$1] = $7; next }
    $2 == "prefix" || $2 == "suffix" { next }
    { line[++n] = $0 }
    END {
      for (i = 1; i <= n; i++) {
        split(line[i], field, "\t")
        k = split(field[6], word, " ")
        m = 0
        for (w = 1; w <= k; w++) {
          if (word[w] in small) continue
          one = word[w] in same ? same[word[w]] : word[w]
          for (p = m++; p > 0 && kept[p] > one; p--) kept[p + 1] = kept[p]
          kept[p + 1] = one
        }
        key = m ? kept[1] : ""
        for (w = 2; w <= m; w++) key = key " " kept[w]
        if (m) print key "\t" field[2] "\t" field[3] "\t" field[4]
      }
    }'
}

case $table in
  *columns.txt)
    echo 'const dc_role_synonym dc_role_synonyms[] = {'
    echo "$lines" | awk -F '\t' -v OFS='\t' '$2 !~ /^(prefix|suffix|small|same)$/ { print $1, $2, $3, $4 }' | synonyms
    echo '};'
    echo 'const size_t dc_role_n_synonyms = sizeof dc_role_synonyms / sizeof *dc_role_synonyms;'
    echo 'const dc_role_synonym dc_role_loose_synonyms[] = {'
    echo "$lines" | loosely | synonyms
    echo '};'
    echo 'const size_t dc_role_n_loose_synonyms = sizeof dc_role_loose_synonyms / sizeof *dc_role_loose_synonyms;'
    for list in prefix:prefixes suffix:suffixes small:small_words; do
      echo "const char *const dc_role_${list#*:}[] = {"
      echo "$lines" | awk -F '\t' -v list="${list%:*}" '$2 == list && !seen[$1]++ { printf "    \"%s\",\n", $1 }'
      echo '    NULL};'
    done
    echo 'const char *const dc_role_same_words[][2] = {'
    echo "$lines" | awk -F '\t' '$2 == "same" && !seen[$1]++ { printf "    {\"%s\", \"%s\"},\n", $1, $7 }'
    echo '    {NULL, NULL}};'
    ;;
  *meanings.txt)
    echo 'const dc_usual_word dc_usual_words[] = {'
    echo "$lines" | cut -f 1-3 | sort -u | awk -F '\t' '{ printf "    {\"%s\", DC_WORD_%s, %s},\n", $1, toupper($2), $3 ? "true" : "false" }'
    echo '};'
    echo 'const size_t dc_n_usual_words = sizeof dc_usual_words / sizeof *dc_usual_words;'
    ;;
esac
