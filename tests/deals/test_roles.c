#include "engine/deals/roles.h"

#include "engine/ingest/load.h"
#include "tests/check.h"
#include "tests/deals/found.h"
#include "tests/deals/tables.h"

static dc_type expect(void *context, const char *name)
{
  return dc_roles_expect(name, *(const dc_shape *)context, NULL, 0);
}

static void check_file(dc_shape shape, const char *file, const char *expected, bool expected_too)
{
  const char *path = check_data("DEALCAST_DATASETS", file);
  dc_error error;
  dc_load *load = NULL;
  if (!path) return;
  dc_load_request request = {.paths = &path, .n_paths = 1, .threads = 2, .expect = expect, .context = &shape};
  check_ok(dc_load_csv(&request, &load, &error), &error);
  dc_roles *roles = found_roles(load->table, shape, NULL, 0);
  check_found(load->table, roles, expected);
  assert_int_equal(roles->closed_is_expected, expected_too);
  dc_roles_free(roles);
  dc_load_free(load);
}

static void maven(void **state)
{
  (void)state;
  check_file(DC_SHAPE_DEALS, "maven-crm/sales_pipeline.csv",
             "id=opportunity_id\nowner=sales_agent\nproduct=product\naccount=account\nstage=deal_stage\n"
             "created=engage_date\nclosed=close_date\namount=close_value\n",
             false);
  check_file(DC_SHAPE_ACCOUNTS, "maven-crm/accounts.csv", "account=account\n", false);
}

static void salesforce(void **state)
{
  (void)state;
  check_file(
      DC_SHAPE_DEALS, "salesforce-demo/Opportunity.csv",
      "id=Id\naccount=AccountId\nname=Name\nstage=StageName\namount=Amount\nprobability=Probability\n"
      "closed=CloseDate\nsource=LeadSource\nis_closed=IsClosed\nis_won=IsWon\nowner=OwnerId\ncreated=CreatedDate\n"
      "type=Type\nquantity=TotalOpportunityQuantity\nforecast_category=ForecastCategory\nnext_step=NextStep\n"
      "last_activity=LastActivityDate\nstage_changed=LastStageChangeDate\nmodified=LastModifiedDate\n"
      "competitor=MainCompetitors__c\n",
      true);
  check_file(DC_SHAPE_HISTORY, "salesforce-demo/OpportunityHistory.csv",
             "id=OpportunityId\nchanged_at=CreatedDate\nstage=StageName\namount=Amount\nexpected_close=CloseDate\n"
             "probability=Probability\nforecast_category=ForecastCategory\nmodified=SystemModstamp\n",
             false);
}

static void chip(void **state)
{
  (void)state;
  check_file(DC_SHAPE_HISTORY, "chip-pipeline/opportunity_stage_transitions.csv.gz",
             "id=Opportunity ID\nstage=Transition To Stage\nchanged_at=Transition To Timestamp\ncreated=Creation Date\n"
             "expected_close=Decision Date\naccount=Customer Name\nregion=Geography\nproduct=Core Product Segment\n",
             false);
}

static void others(void **state)
{
  (void)state;
  check_file(DC_SHAPE_DEALS, "ibm-win-loss/sales_win_loss.csv.gz",
             "id=Opportunity Number\nregion=Region\noutcome=Opportunity Result\namount=Opportunity Amount USD\n"
             "competitor=Competitor Type\n",
             false);
  check_file(DC_SHAPE_DEALS, "salvirt-b2b/Salvirt_B2B_ML_dataset.csv",
             "product=Product\nowner=Seller\nsource=Source\noutcome=Status\ntype=Deal_type\ncompetitor=Competitors\n",
             false);
  check_file(DC_SHAPE_DEALS, "xeducation-leads/Leads.csv",
             "id=Prospect ID\nsource=Lead Source\noutcome=Converted\nregion=Country\n", false);
}

static void our_own_files(void **state)
{
  (void)state;
  check_roles(
      DC_SHAPE_DEALS,
      "deal_id,account,owner,product,region,source,stage,amount,created_date,expected_close,closed_date,discount,"
      "competitor\n"
      "D1,A,O,P,R,S,Won,10,2024-01-01,2024-02-01,2024-02-03,0.1,None\n"
      "D2,B,O,P,R,S,Lost,10.5,2024-01-02,2024-02-01,2024-02-04,,Acme\n"
      "D3,A,Q,P,R,S,Proposal,11,2024-01-03,2024-03-01,,0,None\n",
      "id=deal_id\naccount=account\nowner=owner\nproduct=product\nregion=region\nsource=source\nstage=stage\n"
      "amount=amount\ncreated=created_date\nexpected_close=expected_close\nclosed=closed_date\ncompetitor=competitor\n",
      false);
  check_roles(
      DC_SHAPE_HISTORY,
      "deal_id,changed_at,stage,amount,expected_close,owner\n"
      "D1,2024-01-01 10:00:00,Prospecting,10,2024-02-01,O\nD1,2024-02-01 10:00:00,Won,10,2024-02-01,O\n",
      "id=deal_id\nchanged_at=changed_at\nstage=stage\namount=amount\nexpected_close=expected_close\nowner=owner\n",
      false);
  check_roles(DC_SHAPE_QUOTAS, "owner,region,period_start,amount,currency\nO,R,2024-01-01,1000,USD\n",
              "owner=owner\nregion=region\nperiod_start=period_start\namount=amount\ncurrency=currency\n", false);
  check_roles(DC_SHAPE_ACCOUNTS, "account,sector,country,employees,annual_revenue\nA,Food,France,10,1000\n",
              "account=account\nregion=country\n", false);
}

static void generated_for_peers(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS,
              "deal_id,account,rep,region,product,industry,source,created_date,close_date,stage,amount,discount,"
              "activities,days_in_stage,outcome\n"
              "D1,A,r1,EMEA,Core,Food,Event,2024-01-01,2024-02-01,Won,10.25,0.1,3,4,1\n"
              "D2,B,r1,EMEA,Core,Food,Event,2024-01-01,2024-02-01,Lost,10.25,,3,4,0\n"
              "D3,C,r2,EMEA,Core,Food,Event,2024-01-01,2024-05-01,Qualify,10.25,,3,4,\n",
              "id=deal_id\naccount=account\nowner=rep\nregion=region\nproduct=product\nsource=source\n"
              "created=created_date\nclosed=close_date\nstage=stage\namount=amount\noutcome=outcome\n",
              true);
}

static void salesforce_report(void **state)
{
  (void)state;
  check_roles(
      DC_SHAPE_DEALS,
      "Opportunity Owner,Account Name,Opportunity Name,Stage,Fiscal Period,Amount,Probability (%),Age,Close Date,"
      "Created Date,Next Step,Lead Source,Type,Owner Role,Opportunity ID,Opportunity Currency\n"
      "Ann,Acme,Acme 1,Closed Won,Q1-2024,10,100,3,2024-02-01,2024-01-01,,Web,New,Rep,006A,EUR\n"
      "Bob,Brix,Brix 1,Prospecting,Q1-2024,10,10,3,2024-06-01,2024-01-01,,Web,New,Rep,006B,EUR\n",
      "owner=Opportunity Owner\naccount=Account Name\nname=Opportunity Name\nstage=Stage\namount=Amount\n"
      "probability=Probability (%)\nclosed=Close Date\ncreated=Created Date\nsource=Lead Source\n"
      "id=Opportunity ID\ncurrency=Opportunity Currency\nteam=Owner Role\ntype=Type\nnext_step=Next Step\n",
      true);
}

static void pipedrive(void **state)
{
  (void)state;
  check_roles(
      DC_SHAPE_DEALS,
      "Deal - ID,Deal - Title,Deal - Owner,Deal - Value,Deal - Currency of Value,Deal - Weighted value,"
      "Deal - Probability,Deal - Organization,Deal - Organization ID,Deal - Pipeline,Deal - Contact person,"
      "Deal - Stage,Deal - Status,Deal - Deal created,Deal - Update time,Deal - Last stage change,"
      "Deal - Next activity date,Deal - Won time,Deal - Lost time,Deal - Deal closed on,Deal - Lost reason,"
      "Deal - Total activities,Deal - Expected close date,Deal - Product quantity,Deal - Product amount,"
      "Deal - Product name,Deal - Source origin,Deal - Source channel\n"
      "1,a,Ann,10,EUR,5,,Org,7,Main,Bo,Demo,won,2024-01-01 10:00:00,2024-03-01 10:00:00,2024-02-01 10:00:00,,"
      "2024-03-01 10:00:00,,2024-03-01 10:00:00,,3,2024-03-05,1,10,Core,Web,Ads\n"
      "2,b,Ann,10,EUR,5,50,Org,7,Main,Bo,Demo,lost,2024-01-01 10:00:00,2024-03-01 10:00:00,2024-02-01 10:00:00,,,"
      "2024-03-02 10:00:00,2024-03-02 10:00:00,price,3,2024-03-05,1,10,Core,Web,Ads\n"
      "3,c,Bob,10,EUR,5,50,Org,7,Main,Bo,Quote,open,2024-01-01 10:00:00,2024-03-01 10:00:00,2024-02-01 10:00:00,"
      "2024-04-01,,,,,3,2024-06-05,1,10,Core,Web,Ads\n",
      "id=Deal - ID\nname=Deal - Title\nowner=Deal - Owner\namount=Deal - Value\n"
      "currency=Deal - Currency of Value\nprobability=Deal - Probability\naccount=Deal - Organization\n"
      "stage=Deal - Stage\noutcome=Deal - Status\ncreated=Deal - Deal created\nclosed=Deal - Deal closed on\n"
      "expected_close=Deal - Expected close date\nproduct=Deal - Product name\nsource=Deal - Source origin\n"
      "pipeline=Deal - Pipeline\nquantity=Deal - Product quantity\nwon_at=Deal - Won time\nlost_at=Deal - Lost time\n"
      "stage_changed=Deal - Last stage change\nmodified=Deal - Update time\nloss_reason=Deal - Lost reason\n"
      "contact=Deal - Contact person\n",
      false);
}

/* Won and lost times without a common closing date: neither is "the" closing day. */
static void won_time_is_not_the_closing_date(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS,
              "ID,Status,Won time,Lost time\n1,won,2024-01-01 10:00:00,\n2,lost,,2024-01-01 10:00:00\n3,open,,\n",
              "id=ID\noutcome=Status\nwon_at=Won time\nlost_at=Lost time\n", false);
}

static void hubspot(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS,
              "Record ID,Deal Name,Deal Stage,Pipeline,Close Date,Create Date,Amount,Amount in company currency,"
              "Weighted amount,Deal owner,Deal Type,Deal probability,Forecast amount,Last Activity Date,Days to close,"
              "Closed Lost Reason,Original Source,Associated Company,Number of Associated Contacts,Is Closed Won,"
              "Is Closed (numeric)\n"
              "11,Acme,Closed Won (Sales),Sales,2024-02-01,2024-01-01,10,10,10,Ann,newbusiness,1,10,2024-02-01,31,,"
              "Organic,Acme,2,true,1\n"
              "12,Brix,Closed Lost (Sales),Sales,2024-02-02,2024-01-01,11,11,0,Ann,newbusiness,0,0,2024-02-01,32,price,"
              "Paid,Brix,2,false,1\n"
              "13,Cork,Contract Sent (Sales),Sales,2024-08-02,2024-01-01,12,12,6,Bob,newbusiness,0.9,6,2024-02-01,,,"
              "Paid,Cork,1,false,0\n",
              "id=Record ID\nname=Deal Name\nstage=Deal Stage\nclosed=Close Date\ncreated=Create Date\namount=Amount\n"
              "owner=Deal owner\nprobability=Deal probability\nsource=Original Source\naccount=Associated Company\n"
              "is_won=Is Closed Won\nis_closed=Is Closed (numeric)\npipeline=Pipeline\ntype=Deal Type\n"
              "last_activity=Last Activity Date\nloss_reason=Closed Lost Reason\n",
              true);
}

static void zoho(void **state)
{
  (void)state;
  check_roles(
      DC_SHAPE_DEALS,
      "Record Id,Deal Owner,Deal Name,Account Name,Account Name.id,Contact Name,Type,Lead Source,Campaign Source,"
      "Amount,Closing Date,Next Step,Stage,Probability (%),Expected Revenue,Created By,Created Time,Modified Time\n"
      "zcrm_1,Ann,a,Acme,9,Bo,New,Web,,10,2024-02-01,,Closed Won,100,10,Ann,2024-01-01 10:00:00,2024-03-01 10:00:00\n"
      "zcrm_2,Bob,b,Brix,8,Bo,New,Web,,10,2024-06-01,,Qualification,10,1,Ann,2024-01-01 10:00:00,2024-03-01 10:00:00"
      "\n",
      "id=Record Id\nowner=Deal Owner\nname=Deal Name\naccount=Account Name\nsource=Lead Source\namount=Amount\n"
      "closed=Closing Date\nstage=Stage\nprobability=Probability (%)\ncreated=Created Time\n"
      "type=Type\nmodified=Modified Time\nnext_step=Next Step\ncontact=Contact Name\n",
      true);
}

static void dynamics(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS,
              "(Do Not Modify) Opportunity,(Do Not Modify) Row Checksum,(Do Not Modify) Modified On,Topic,"
              "Potential Customer,Est. close date,Actual Close Date,Est. revenue,Actual Revenue,Currency,Status,"
              "Status Reason,Pipeline Phase,Probability,Rating,Owner,Created On\n"
              "g1,c1,2024-01-01,a,Acme,2024-02-01,2024-02-02,10,10,Euro,Won,Won,4-Close,90,Hot,Ann,2024-01-01\n"
              "g2,c2,2024-01-01,b,Brix,2024-02-01,2024-02-02,10,0,Euro,Lost,Canceled,1-Qualify,10,Cold,Ann,2024-01-01\n"
              "g3,c3,2024-01-01,c,Cork,2024-07-01,,10,,Euro,Open,In Progress,2-Develop,50,Warm,Bob,2024-01-01\n",
              "id=(Do Not Modify) Opportunity\nname=Topic\naccount=Potential Customer\nexpected_close=Est. close date\n"
              "closed=Actual Close Date\namount=Est. revenue\ncurrency=Currency\noutcome=Status\nstage=Pipeline Phase\n"
              "probability=Probability\nowner=Owner\ncreated=Created On\nactual_amount=Actual Revenue\n"
              "modified=(Do Not Modify) Modified On\nloss_reason=Status Reason\n",
              false);
}

static void odoo(void **state)
{
  (void)state;
  check_roles(
      DC_SHAPE_DEALS,
      "External ID,Opportunity,Customer,Contact Name,Expected Revenue,Prorated Revenue,Probability,Stage,Type,Active,"
      "Lost Reason,Expected Closing,Closed Date,Created on,Salesperson,Sales Team,Source\n"
      "x1,a,Acme,Bo,10,5,50,New,opportunity,True,,2024-02-01,,2024-01-01,Ann,EMEA,Web\n"
      "x2,a,Acme,Bo,10,10,100,Won,opportunity,True,,2024-02-01,2024-02-02,2024-01-01,Ann,EMEA,Web\n",
      "id=External ID\nname=Opportunity\naccount=Customer\namount=Expected Revenue\nprobability=Probability\n"
      "stage=Stage\nexpected_close=Expected Closing\nclosed=Closed Date\ncreated=Created on\nowner=Salesperson\n"
      "source=Source\nteam=Sales Team\ntype=Type\nis_active=Active\nloss_reason=Lost Reason\ncontact=Contact Name\n",
      false);
}

/* A status with the stages in it is the stage; beside a stage it is the outcome. "Closed" goes by what it holds. */
static void content_decides(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS, "id,status\n1,Prospecting\n2,Demo\n3,Proposal\n4,Won\n5,Lost\n", "id=id\nstage=status\n",
              false);
  check_roles(DC_SHAPE_DEALS, "id,status\n1,open\n2,won\n3,lost\n4,won\n", "id=id\noutcome=status\n", false);
  check_roles(DC_SHAPE_DEALS, "id,stage,closed\n1,A,2024-01-01\n2,A,\n", "id=id\nstage=stage\nclosed=closed\n", true);
  check_roles(DC_SHAPE_DEALS, "id,stage,closed\n1,A,1\n2,A,0\n", "id=id\nstage=stage\nis_closed=closed\n", false);
  check_roles(DC_SHAPE_DEALS, "id,stage,value\n1,A,low\n2,A,high\n", "id=id\nstage=stage\n", false);
  check_roles(DC_SHAPE_DEALS, "id,stage,amount\n1,A,low\n2,A,high\n", "id=id\nstage=stage\n", false);
  check_roles(DC_SHAPE_DEALS, "deal,phase,Zustand\n1,A,Won\n2,B,Lost\n", "id=deal\nstage=phase\n", false);
  check_roles(DC_SHAPE_DEALS, "deal_id,Ausgang\n1,Won\n2,Lost\n3,\n", "id=deal_id\noutcome=Ausgang\n", false);
  check_roles(DC_SHAPE_DEALS, "deal_id,won\n1,1\n2,0\n3,\n", "id=deal_id\noutcome=won\n", false);
  check_roles(DC_SHAPE_DEALS, "deal_id,won,stage\n1,1,Won\n2,0,Demo\n", "id=deal_id\nis_won=won\nstage=stage\n", false);
}

static void near_names_take_no_role(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS,
              "id,stage,created_by,amount_bracket,stage_sort_order,previous_stage,fiscal_date,activities,"
              "account_type,days_to_close,paid,contacts,created_by_id,date_of_contract\n"
              "1,A,Ann,1-2,3,B,2024-01-01,4,big,12,1,3,u1,2024-01-01\n",
              "id=id\nstage=stage\n", false);
}

static void a_stray_date_makes_no_expected_close(void **state)
{
  char csv[4096];
  (void)state;
  for (int dated = 0; dated <= 20; dated += 4) {
    size_t n = (size_t)sprintf(csv, "id,stage,close_date\n0,Won,2024-01-01\n");
    for (int i = 1; i <= 60; i++) n += (size_t)sprintf(csv + n, "%d,Demo,%s\n", i, i <= dated ? "2024-03-01" : "");
    check_roles(DC_SHAPE_DEALS, csv, "id=id\nstage=stage\nclosed=close_date\n", dated >= 6);
  }
}

static void empty_tables(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS, "deal_id,stage,amount,close_date\n",
              "id=deal_id\nstage=stage\namount=amount\nclosed=close_date\n", false);
}

static void requests_lead(void **state)
{
  static const dc_role_request requests[] = {{"amount", "budget"}, {"Expected-Close", "CLOSE DATE"}, {"none", "stage"}};
  (void)state;
  dc_table *table = table_from(DC_SHAPE_DEALS, "id,stage,status,amount,budget,close_date\n1,A,won,1,2,2024-01-01\n"
                                               "2,A,lost,1,2,2024-01-01\n");
  dc_roles *roles = found_roles(table, DC_SHAPE_DEALS, requests, 3);
  check_found(table, roles, "id=id\noutcome=status\namount=budget\nexpected_close=close_date\n");
  assert_string_equal(roles->why[4], "mapped to amount");
  assert_string_equal(roles->why[1], "mapped to no role");
  dc_roles_free(roles);
  dc_table_free(table);
}

static void the_config_asks_too(void **state)
{
  static const dc_role_request request = {"amount", "b"};
  char path[] = "/tmp/dealcast-roles-XXXXXX";
  dc_config *config = NULL;
  dc_roles *roles = NULL;
  dc_error error;
  FILE *file = fdopen(mkstemp(path), "w");
  (void)state;
  assert_non_null(file);
  fputs("[columns]\namount = a\nowner = c\n", file);
  fclose(file);
  check_ok(dc_config_read(path, &config, &error), &error);
  unlink(path);
  dc_table *table = table_from(DC_SHAPE_DEALS, "id,stage,a,b,c\n1,A,1,2,Ann\n");
  check_ok(dc_roles_find(table, "f", DC_SHAPE_DEALS, config, &request, 1, &roles, &error), &error);
  check_found(table, roles, "id=id\nstage=stage\namount=b\nowner=c\n");
  dc_roles_free(roles);
  dc_table_free(table);
  /* The INI speaks of all files; a history may lack what the deals file must have. */
  table = table_from(DC_SHAPE_HISTORY, "id,stage,changed_at\n1,A,2024-01-01\n");
  check_ok(dc_roles_find(table, "f", DC_SHAPE_HISTORY, config, NULL, 0, &roles, &error), &error);
  dc_roles_free(roles);
  check_fails(dc_roles_find(table, "f", DC_SHAPE_DEALS, config, NULL, 0, &roles, &error), DC_E_USAGE, &error);
  dc_table_free(table);
  dc_config_free(config);
}

static void check_refused(dc_shape shape, const char *csv, const dc_role_request *requests, size_t n, dc_status code,
                          const char *part)
{
  dc_table *table = table_from(shape, csv);
  dc_roles *roles = NULL;
  dc_error error;
  check_fails(dc_roles_find(table, "x.csv", shape, NULL, requests, n, &roles, &error), code, &error);
  assert_null(roles);
  if (!strstr(error.message, part)) fail_msg("\"%s\" lacks \"%s\"", error.message, part);
  check_fails(dc_roles_find(table, "x.csv", shape, NULL, requests, n, &roles, NULL), code, NULL);
  dc_table_free(table);
}

static void refusals(void **state)
{
  static const dc_role_request role = {"amuont", "a"}, column = {"amount", "amnt"}, words = {"amount", "stage"},
                               twice[] = {{"amount", "amt"}, {"amount", "size"}},
                               two_roles[] = {{"owner", "amt"}, {"account", "amt"}}, zebra = {"zebra", "a"};
  static const char csv[] = "id,stage,amt,size\n1,A,1,2\n";
  (void)state;
  check_refused(DC_SHAPE_DEALS, csv, &role, 1, DC_E_USAGE, "did you mean amount?");
  check_refused(DC_SHAPE_DEALS, csv, &zebra, 1, DC_E_USAGE, "the roles are id, name, account");
  check_refused(DC_SHAPE_DEALS, csv, &column, 1, DC_E_USAGE, "did you mean \"amt\"?");
  check_refused(DC_SHAPE_DEALS, csv, &words, 1, DC_E_INPUT, "holds category");
  check_refused(DC_SHAPE_DEALS, csv, twice, 2, DC_E_USAGE, "two columns");
  check_refused(DC_SHAPE_DEALS, csv, two_roles, 2, DC_E_USAGE, "two roles");
  check_refused(DC_SHAPE_HISTORY, "changed_at,stage\n2024-01-01,A\n", NULL, 0, DC_E_INPUT, "--map id=COLUMN");
  check_refused(DC_SHAPE_HISTORY, "id,stage\n1,A\n", NULL, 0, DC_E_INPUT,
                "--map changed_at=COLUMN. The columns are id, stage");
  check_refused(DC_SHAPE_HISTORY, "id,chnged_at,stage\n1,2024-01-01,A\n", NULL, 0, DC_E_INPUT,
                "give --map changed_at=chnged_at if that is it");
  check_refused(DC_SHAPE_HISTORY, "id,changed_at,stage\n1,soon,A\n", NULL, 0, DC_E_INPUT,
                "\"changed_at\" is named for it but holds words (\"soon\" on line 2), not dates");
  check_refused(
      DC_SHAPE_HISTORY, "17,2024-01-01,A\n18,2024-01-01,A\n", NULL, 0, DC_E_INPUT,
      "the first line looks like data, not like names of columns: 17, 2024-01-01, A; name them with --columns");
  check_refused(DC_SHAPE_HISTORY, "id,changed_at\n1,2024-01-01\n", NULL, 0, DC_E_INPUT, "--map stage=COLUMN");
  check_refused(DC_SHAPE_QUOTAS, "owner,amount\nA,1\n", NULL, 0, DC_E_INPUT, "--map period_start=COLUMN");
  check_refused(DC_SHAPE_QUOTAS, "period_start,owner\n2024-01-01,A\n", NULL, 0, DC_E_INPUT, "--map amount=COLUMN");
  check_refused(DC_SHAPE_ACCOUNTS, "sector\nFood\n", NULL, 0, DC_E_INPUT, "--map account=COLUMN");
}

static void messages_stay_in_bounds(void **state)
{
  enum { N = 400 };
  char csv[N * 64];
  size_t n = 0;
  (void)state;
  for (int i = 0; i < N; i++) n += (size_t)sprintf(csv + n, "%sa column with a rather long name, %d", i ? "," : "", i);
  sprintf(csv + n, "\n");
  for (char *p = csv; *p; p++)
    if (*p == ',' && p[1] == ' ') *p = ';';
  check_refused(DC_SHAPE_HISTORY, csv, NULL, 0, DC_E_INPUT, " more");
}

static void order_of_columns_does_not_matter(void **state)
{
  (void)state;
  const char *const rows[2] = {
      "Id,OpportunityId,CreatedDate,StageName,Amount,ExpectedRevenue\n1,a,2024-01-01,A,1,1\n2,a,2024-01-02,B,1,1\n",
      "ExpectedRevenue,Amount,StageName,CreatedDate,OpportunityId,Id\n1,1,A,2024-01-01,a,1\n1,1,B,2024-01-02,a,2\n"};
  for (int i = 0; i < 2; i++)
    check_roles(DC_SHAPE_HISTORY, rows[i], "id=OpportunityId\nchanged_at=CreatedDate\nstage=StageName\namount=Amount\n",
                false);
}

static void types_by_name(void **state)
{
  static const dc_role_request request = {"amount", "Budget"};
  static const struct {
    const char *name;
    dc_type type;
  } expected[] = {{"deal_id", DC_TYPE_TEXT},
                  {"Id", DC_TYPE_TEXT},
                  {"AccountId", DC_TYPE_CATEGORY},
                  {"campaign_id", DC_TYPE_CATEGORY},
                  {"Paid", DC_TYPE_EMPTY},
                  {"amount", DC_TYPE_NUMBER},
                  {"Probability (%)", DC_TYPE_NUMBER},
                  {"stage", DC_TYPE_CATEGORY},
                  {"status", DC_TYPE_CATEGORY},
                  {"close_date", DC_TYPE_DATE},
                  {"created", DC_TYPE_DATE},
                  {"closed", DC_TYPE_DATE},
                  {"price", DC_TYPE_EMPTY},
                  {"discount", DC_TYPE_EMPTY},
                  {"currency", DC_TYPE_CATEGORY},
                  {"owner", DC_TYPE_CATEGORY},
                  {"budget", DC_TYPE_NUMBER},
                  {"", DC_TYPE_EMPTY}};
  (void)state;
  for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
    if (dc_roles_expect(expected[i].name, DC_SHAPE_DEALS, &request, 1) != expected[i].type)
      fail_msg("\"%s\" is expected to be %s", expected[i].name,
               dc_type_name(dc_roles_expect(expected[i].name, DC_SHAPE_DEALS, &request, 1)));
}

static void names_of_roles(void **state)
{
  (void)state;
  for (int r = 1; r < DC_ROLES; r++) assert_int_equal(dc_role_parse(dc_role_name((dc_role)r)), r);
  assert_string_equal(dc_role_name(DC_ROLE_NONE), "none");
  assert_string_equal(dc_role_name(DC_ROLES), "none");
  assert_int_equal(dc_role_parse("none"), DC_ROLE_NONE);
  assert_int_equal(dc_role_parse("Expected Close"), DC_ROLE_EXPECTED_CLOSE);
  dc_roles_free(NULL);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(maven),
      cmocka_unit_test(salesforce),
      cmocka_unit_test(chip),
      cmocka_unit_test(others),
      cmocka_unit_test(our_own_files),
      cmocka_unit_test(generated_for_peers),
      cmocka_unit_test(salesforce_report),
      cmocka_unit_test(pipedrive),
      cmocka_unit_test(won_time_is_not_the_closing_date),
      cmocka_unit_test(hubspot),
      cmocka_unit_test(zoho),
      cmocka_unit_test(dynamics),
      cmocka_unit_test(odoo),
      cmocka_unit_test(content_decides),
      cmocka_unit_test(near_names_take_no_role),
      cmocka_unit_test(a_stray_date_makes_no_expected_close),
      cmocka_unit_test(empty_tables),
      cmocka_unit_test(requests_lead),
      cmocka_unit_test(the_config_asks_too),
      cmocka_unit_test(refusals),
      cmocka_unit_test(messages_stay_in_bounds),
      cmocka_unit_test(order_of_columns_does_not_matter),
      cmocka_unit_test(types_by_name),
      cmocka_unit_test(names_of_roles),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
