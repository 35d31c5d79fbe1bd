#define _POSIX_C_SOURCE 200809L

#include "tables.h"

#include "names.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A moment within a day is mapped to the working hours, so that rows carry believable times in their order. */
enum { OPENING_SECOND = 8 * 3600, WORKING_SECONDS = 10 * 3600, QUOTA_BEFORE = 4, QUOTA_AFTER = 4 };

static int second_of(double time) { return OPENING_SECOND + (int)((time - floor(time)) * (double)WORKING_SECONDS); }

static void put_two_digits(char *text, int value)
{
  text[0] = (char)('0' + value / 10);
  text[1] = (char)('0' + value % 10);
}

static void put_moment(dg_file *file, const char *day, int second)
{
  char text[20] = "YYYY-MM-DD HH:MM:SS";

  memcpy(text, day, 10);
  put_two_digits(text + 11, second / 3600);
  put_two_digits(text + 14, second / 60 % 60);
  put_two_digits(text + 17, second % 60);
  dg_put_bytes(file, text, 19);
}

/* Expected dates may lie beyond the calendar of the world. */
static void day_text(const dg_world *world, int time, char text[DG_NAME_SIZE])
{
  if (time >= 0 && time < world->all_days) {
    memcpy(text, world->day[time].text, sizeof world->day[time].text);
    return;
  }
  const dg_civil civil = dg_civil_of(world->first_day + time);

  snprintf(text, DG_NAME_SIZE, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

static void write_history(dg_tables *tables, uint64_t index, const char *id, const dg_history *history)
{
  const dg_world *world = tables->world;
  dg_file *file = &tables->history;
  int last_day = -1;
  int last_second = -1;

  for (int e = 0; e < history->events; e++) {
    const dg_event *event = &history->event[e];
    const int day = (int)event->time;
    int second = second_of(event->time);
    char owner[DG_NAME_SIZE], expected[DG_NAME_SIZE];

    /* Two changes of one deal never share a second, so that their order can be read from the file. */
    if (day == last_day && second <= last_second) second = last_second + 1;
    last_day = day;
    last_second = second;
    dg_rep_name(world->stint[event->stint].rep, owner);
    day_text(world, event->expected, expected);
    for (int copies = tables->dirt ? dg_dirt_history_copies(world->seed, index, e) : 1; copies > 0; copies--) {
      dg_put(file, id);
      dg_put_char(file, ',');
      put_moment(file, world->day[day].text, second);
      dg_put_char(file, ',');
      dg_put(file, dg_par.stage_name[event->stage]);
      dg_put_char(file, ',');
      dg_put_count(file, (uint64_t)event->amount);
      dg_put_char(file, ',');
      dg_put(file, expected);
      dg_put_char(file, ',');
      dg_put_cell(file, owner);
      dg_put_char(file, '\n');
    }
  }
}

static void set(dg_row *row, int column, const char *text)
{
  const size_t n = strnlen(text, DG_NAME_SIZE - 1);

  memcpy(row->cell[column], text, n);
  row->cell[column][n] = '\0';
}

static void fill_row(const dg_world *world, uint64_t index, const dg_traits *traits, const dg_history *history,
                     dg_row *row)
{
  const dg_event *last = &history->event[history->events - 1];
  const bool closed = last->stage >= DG_OPEN_STAGES;
  const int cents = (int)floor(traits->discount * 100.0 + 0.5);
  char discount[5] = "0.00";

  row->cells = DG_DEAL_COLUMNS;
  row->copies = 1;
  dg_deal_id(index, row->cell[DG_DEAL_ID]);
  dg_account_name(world->seed, traits->account, row->cell[DG_ACCOUNT]);
  dg_rep_name(world->stint[last->stint].rep, row->cell[DG_OWNER]);
  set(row, DG_PRODUCT, dg_par.product[traits->product].name);
  set(row, DG_REGION, dg_par.region[world->seat[traits->seat].region].name);
  set(row, DG_SOURCE, dg_par.source[traits->source].name);
  set(row, DG_STAGE, dg_par.stage_name[last->stage]);
  dg_format_count((uint64_t)last->amount, row->cell[DG_AMOUNT]);
  set(row, DG_CREATED, world->day[(int)traits->created].text);
  day_text(world, last->expected, row->cell[DG_EXPECTED]);
  set(row, DG_CLOSED, closed ? world->day[(int)last->time].text : "");
  put_two_digits(discount + 2, cents);
  set(row, DG_DISCOUNT, cents > 0 ? discount : "0");
  set(row, DG_COMPETITOR, dg_par.competitor[traits->competitor].name);
}

static void write_row(dg_file *file, const dg_row *row)
{
  for (int copy = 0; copy < row->copies; copy++) {
    for (int c = 0; c < row->cells; c++) {
      if (c > 0) dg_put_char(file, ',');
      dg_put_cell(file, row->cell[c]);
    }
    dg_put_char(file, '\n');
  }
}

static void put_order(dg_tables *tables, uint64_t index, int number, const char *account, double time, double amount)
{
  dg_file *file = &tables->orders;
  char id[DG_NAME_SIZE];

  dg_deal_id(index, id);
  id[0] = 'O';
  dg_put(file, id);
  dg_put_char(file, '-');
  dg_put_count(file, (uint64_t)number);
  dg_put_char(file, ',');
  dg_put_cell(file, account);
  dg_put_char(file, ',');
  dg_put_bytes(file, tables->world->day[(int)time].text, 10);
  dg_put_char(file, ',');
  dg_put_count(file, (uint64_t)fmax(10.0, floor(amount + 0.5)));
  dg_put_char(file, '\n');
}

/* What the won deal brings: its own order, then repeat orders at the account's pace while the relation lives. */
static void write_orders(dg_tables *tables, uint64_t index, const dg_traits *traits, const dg_event *won)
{
  const dg_world *world = tables->world;
  dg_rng account_rng = dg_rng_at(world->seed, DG_STREAM_ACCOUNT, traits->account, 2);
  dg_rng rng = dg_rng_at(world->seed, DG_STREAM_ORDERS, index, 0);
  const double pace = dg_gamma(&account_rng, dg_par.order_gap_shape) / dg_par.order_gap_shape;
  const double end = fmin((double)world->past_days, won->time + dg_par.order_life_days * dg_exponential(&rng));
  double time = won->time + dg_par.order_delay_days * dg_uniform(&rng);
  char account[DG_NAME_SIZE];

  dg_account_name(world->seed, traits->account, account);
  for (int number = 1; time < end; number++) {
    const double share = number == 1 ? 1.0 : dg_par.order_share * exp(dg_par.order_sd * dg_normal(&rng));

    put_order(tables, index, number, account, time, won->amount * share);
    time += dg_par.order_gap_days / pace * dg_exponential(&rng);
  }
}

void dg_tables_deal(dg_tables *tables, uint64_t index, const dg_traits *traits, const dg_history *history)
{
  const dg_event *last = &history->event[history->events - 1];
  dg_row row;

  fill_row(tables->world, index, traits, history, &row);
  if (tables->with_history) write_history(tables, index, row.cell[DG_DEAL_ID], history);
  if (last->stage == DG_WON) write_orders(tables, index, traits, last);
  if (tables->dirt) dg_dirt_row(tables->world->seed, index, &row);
  write_row(&tables->deals, &row);
}

static bool write_accounts(const dg_world *world, const char *directory)
{
  dg_file file;

  if (!dg_file_open(&file, directory, "accounts.csv")) return false;
  dg_put(&file, "account,sector,country,employees,annual_revenue\n");
  for (uint64_t i = 0; i < world->accounts; i++) {
    const dg_account account = dg_account_at(world, i);
    char name[DG_NAME_SIZE];

    dg_account_name(world->seed, i, name);
    dg_put_cell(&file, name);
    dg_put_char(&file, ',');
    dg_put(&file, dg_par.sector[account.sector].name);
    dg_put_char(&file, ',');
    dg_put(&file, dg_par.country[account.country].name);
    dg_put_char(&file, ',');
    dg_put_count(&file, (uint64_t)account.employees);
    dg_put_char(&file, ',');
    dg_put_count(&file, (uint64_t)(floor(account.revenue / 1000.0 + 0.5) * 1000.0));
    dg_put_char(&file, '\n');
  }
  return dg_file_close(&file);
}

/* What a plan would expect a seat to book between two times. */
static double plan(const dg_world *world, int seat, int from, int until)
{
  const int region = world->seat[seat].region;
  const int seats = world->region_first[region + 1] - world->region_first[region];
  double share = 0.0;
  double amount = 0.0;
  double deals = 0.0;

  for (int i = 0; i < DG_COUNTRIES; i++) share += dg_par.country[i].region == region ? dg_par.country[i].share : 0.0;
  for (int i = 0; i < DG_PRODUCTS; i++)
    amount += dg_par.product[i].share * dg_par.product[i].price * exp(0.5 * dg_par.amount_sd * dg_par.amount_sd);
  for (int d = from > 0 ? from : 0; d < until && d < world->all_days; d++) deals += world->intensity[d];
  return deals * share / (double)seats * dg_par.quota_win_rate * amount;
}

/* Quotas of coming quarters name the reps of the as-of day: nobody knows who will leave. */
static bool write_quotas(const dg_world *world, const char *directory)
{
  const int as_of = world->past_days - 1;
  int start = dg_period_first(world->first_day + as_of + 1, 3);
  dg_file file;

  if (!dg_file_open(&file, directory, "quotas.csv")) return false;
  dg_put(&file, "owner,region,period_start,amount,currency\n");
  for (int q = 0; q < QUOTA_BEFORE; q++) start = dg_period_first(start - 1, 3);
  for (int q = 0; q < QUOTA_BEFORE + QUOTA_AFTER; q++) {
    const int next = dg_period_last(start, 3) + 1;
    const int from = start - world->first_day;

    for (int s = 0; s < world->seats; s++) {
      dg_rng rng = dg_rng_at(world->seed, DG_STREAM_QUOTA, (uint64_t)s, (uint64_t)q);
      const double stretch = dg_par.quota_stretch * exp(dg_par.quota_sd * dg_normal(&rng));
      const double amount = plan(world, s, from, next - world->first_day) * stretch;
      char text[DG_NAME_SIZE];

      dg_rep_name(world->stint[dg_stint_at(world, s, fmin((double)from, (double)as_of))].rep, text);
      dg_put_cell(&file, text);
      dg_put_char(&file, ',');
      dg_put(&file, dg_par.region[world->seat[s].region].name);
      dg_put_char(&file, ',');
      day_text(world, from, text);
      dg_put(&file, text);
      dg_put_char(&file, ',');
      dg_put_count(&file, (uint64_t)(fmax(1.0, floor(amount / 1000.0 + 0.5)) * 1000.0));
      dg_put(&file, ",EUR\n");
    }
    start = next;
  }
  return dg_file_close(&file);
}

bool dg_tables_open(dg_tables *tables, const dg_world *world, const char *directory, bool dirt, bool with_history)
{
  *tables = (dg_tables){.world = world, .dirt = dirt, .with_history = with_history};
  if (!write_accounts(world, directory) || !write_quotas(world, directory)) return false;
  if (!dg_file_open(&tables->deals, directory, "deals.csv") || !dg_file_open(&tables->orders, directory, "orders.csv"))
    return false;
  dg_put(&tables->deals,
         "deal_id,account,owner,product,region,source,stage,amount,created_date,expected_close,closed_date,"
         "discount,competitor\n");
  dg_put(&tables->orders, "order_id,account,order_date,amount\n");
  if (!with_history) {
    /* An earlier run's history would not belong to these deals. */
    dg_file_remove(directory, "history.csv");
    return true;
  }
  if (!dg_file_open(&tables->history, directory, "history.csv")) return false;
  dg_put(&tables->history, "deal_id,changed_at,stage,amount,expected_close,owner\n");
  return true;
}

bool dg_tables_close(dg_tables *tables)
{
  if (tables->dirt && tables->deals.stream) {
    dg_put(&tables->deals, "Total deals: ");
    dg_put_count(&tables->deals, tables->world->deals);
    dg_put_char(&tables->deals, '\n');
  }
  bool ok = dg_file_close(&tables->deals);

  ok = dg_file_close(&tables->history) && ok;
  return dg_file_close(&tables->orders) && ok;
}
