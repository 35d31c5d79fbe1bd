/* Rules that need more than a name: people, ties, runners-up, closing days and outcomes told in unusual ways. */
#include "engine/deals/roles_parts.h"

#include "tests/check.h"
#include "tests/deals/found.h"
#include "tests/deals/logs.h"
#include "tests/deals/tables.h"

static void check_text(const char *text, const char *part)
{
  if (!text || !strstr(text, part)) fail_msg("\"%s\" lacks \"%s\"", text ? text : "(null)", part);
}

static void localised_exports(void **state)
{
  (void)state;
  check_roles(
      DC_SHAPE_DEALS,
      "Opportunity-ID,Opportunity-Name,Accountname,Phase,Betrag,Wahrscheinlichkeit (%),Schlussdatum,Erstelldatum,"
      "Lead-Quelle,Typ,Opportunity-Inhaber,Nächster Schritt,Opportunity-Währung,Prognosekategorie\n"
      "1,a,Acme,Gewonnen,10,100,2024-02-01,2024-01-01,Web,Neu,Ann,,EUR,Geschlossen\n"
      "2,b,Brix,Angebot,10,20,2024-09-01,2024-01-01,Web,Neu,Bob,,EUR,Pipeline\n",
      "id=Opportunity-ID\nname=Opportunity-Name\naccount=Accountname\nowner=Opportunity-Inhaber\n"
      "source=Lead-Quelle\ntype=Typ\nstage=Phase\namount=Betrag\ncreated=Erstelldatum\nclosed=Schlussdatum\n"
      "probability=Wahrscheinlichkeit (%)\nforecast_category=Prognosekategorie\nnext_step=Nächster Schritt\n"
      "currency=Opportunity-Währung\n",
      true);
  check_roles(
      DC_SHAPE_DEALS,
      "ID de l'opportunité,Nom de l'opportunité,Nom du compte,Étape,Montant,Probabilité (%),Date de clôture,"
      "Date de création,Origine de la piste,Type,Propriétaire de l'opportunité,Étape suivante\n"
      "1,a,Acme,Fermée gagnée,10,100,2024-02-01,2024-01-01,Web,Neu,Ann,\n"
      "2,b,Brix,Négociation,10,20,2024-09-01,2024-01-01,Web,Neu,Bob,\n",
      "id=ID de l'opportunité\nname=Nom de l'opportunité\naccount=Nom du compte\n"
      "owner=Propriétaire de l'opportunité\nsource=Origine de la piste\ntype=Type\nstage=Étape\namount=Montant\n"
      "created=Date de création\nclosed=Date de clôture\nprobability=Probabilité (%)\nnext_step=Étape suivante\n",
      true);
  check_roles(
      DC_SHAPE_DEALS,
      "Nombre del negocio,Etapa del negocio,Fecha de cierre,Fecha de creación,Importe,Propietario del negocio,"
      "Motivo de pérdida,Empresa asociada,Correo electrónico\n"
      "a,Cierre ganado,2024-02-01,2024-01-01,10,Ann,,Acme,bo\nb,Cierre perdido,2024-02-01,2024-01-01,10,Ann,precio,"
      "Acme,bo\n",
      "name=Nombre del negocio\naccount=Empresa asociada\nowner=Propietario del negocio\n"
      "stage=Etapa del negocio\namount=Importe\ncreated=Fecha de creación\nclosed=Fecha de cierre\n"
      "loss_reason=Motivo de pérdida\ncontact=Correo electrónico\n",
      false);
  check_roles(DC_SHAPE_DEALS,
              "Nome do negócio,Etapa do negócio,DATA DE CRIACAO,Data de fechamento,Valor,Responsável,Motivo de perda,"
              "Previsão de fechamento\n"
              "a,Ganho,2024-01-01,2024-02-01,10,Ann,,2024-02-02\nb,Em negociação,2024-01-01,,10,Ann,,2024-08-02\n",
              "name=Nome do negócio\nowner=Responsável\nstage=Etapa do negócio\namount=Valor\ncreated=DATA DE CRIACAO\n"
              "closed=Data de fechamento\nexpected_close=Previsão de fechamento\nloss_reason=Motivo de perda\n",
              false);
  check_roles(
      DC_SHAPE_DEALS,
      "商机编号,商机名称,客户名称,销售阶段,商机金额（元）,创建时间,预计成交日期,实际成交日期,负责人,联系人,手机\n"
      "1,a,华为,赢单,10,2024-01-01,2024-02-01,2024-02-02,王伟,李雷,13800138000\n"
      "2,b,华为,谈判,10,2024-01-01,2024-08-01,,王伟,李雷,13800138001\n",
      "id=商机编号\nname=商机名称\naccount=客户名称\nowner=负责人\nstage=销售阶段\namount=商机金额（元）\n"
      "created=创建时间\nclosed=实际成交日期\nexpected_close=预计成交日期\ncontact=手机\n",
      false);
}

static void traditional_characters(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS,
              "商機編號,商機名稱,客戶名稱,銷售階段,商機金額,創建時間,預計成交日期,實際成交日期,負責人,聯繫人\n"
              "1,a,華為,贏單,10,2024-01-01,2024-02-01,2024-02-02,王偉,李雷\n"
              "2,b,華為,談判,10,2024-01-01,2024-08-01,,王偉,李雷\n",
              "id=商機編號\nname=商機名稱\naccount=客戶名稱\nowner=負責人\nstage=銷售階段\namount=商機金額\n"
              "created=創建時間\nclosed=實際成交日期\nexpected_close=預計成交日期\ncontact=聯繫人\n",
              false);
}

static void names_in_two_languages(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS, "Deal ID / 商机编号,Stage / 阶段,Amount / 金额,Created / 创建时间\n1,Won,2,2024-01-01\n",
              "id=Deal ID / 商机编号\nstage=Stage / 阶段\namount=Amount / 金额\ncreated=Created / 创建时间\n", false);
}

/* Abbreviations, other orders of words, a row's number as the id, letters for the outcome. */
static void names_as_analysts_write_them(void **state)
{
  (void)state;
  check_roles(
      DC_SHAPE_DEALS,
      "Opp Nr.,Kunde,Projekt,Status,Vol. (T€),Chance %,Angelegt,gepl. Abschluss,tats. Abschluss,Vertrieb,Grund Absage\n"
      "1,Acme,Turbine,gewonnen,10,100,2024-01-03,2024-02-01,2024-02-03,Meier,\n"
      "2,Brix,Pumpe,verloren,50,0,2024-01-05,2024-02-01,2024-02-13,Huber,Preis\n",
      "id=Opp Nr.\nname=Projekt\naccount=Kunde\nowner=Vertrieb\noutcome=Status\namount=Vol. (T€)\n"
      "created=Angelegt\nclosed=tats. Abschluss\nexpected_close=gepl. Abschluss\nprobability=Chance %\n"
      "loss_reason=Grund Absage\n",
      false);
  check_roles(DC_SHAPE_DEALS,
              "Cód,Situação,Valor (R$),Prob.,Dt. Abertura,Dt. Prev. Fechamento,Dt. Fechamento\n"
              "1,Ganho,10,100,2024-01-03,2024-02-01,2024-02-03\n2,Perdido,50,0,2024-01-05,2024-02-01,2024-02-13\n",
              "id=Cód\noutcome=Situação\namount=Valor (R$)\ncreated=Dt. Abertura\nclosed=Dt. Fechamento\n"
              "expected_close=Dt. Prev. Fechamento\nprobability=Prob.\n",
              false);
  check_roles(
      DC_SHAPE_DEALS,
      "Opp #,Acct,Rep,Stg,Amt ($k),Prob%,Create Dt,Est Close Dt,Close Dt,Win/Loss\n"
      "1,Acme,Ann,Closed,10,100,2024-01-03,2024-02-01,2024-02-03,W\n"
      "2,Brix,Bob,Closed,50,0,2024-01-05,2024-02-01,2024-02-13,L\n3,Brix,Bob,Demo,50,20,2024-01-05,2024-02-01,,\n",
      "id=Opp #\naccount=Acct\nowner=Rep\nstage=Stg\noutcome=Win/Loss\namount=Amt ($k)\ncreated=Create Dt\n"
      "closed=Close Dt\nexpected_close=Est Close Dt\nprobability=Prob%\n",
      false);
  check_roles(
      DC_SHAPE_DEALS,
      "deal_uid,cust,salesman,pipeline_status,est_value,booked_value,dt_opened,dt_won,dt_lost,exp_close_dt\n"
      "1,Acme,Ann,won,10,9,2024-01-03,2024-02-03,,2024-02-01\n2,Brix,Bob,lost,50,,2024-01-05,,2024-02-13,2024-02-01\n",
      "id=deal_uid\naccount=cust\nowner=salesman\noutcome=pipeline_status\namount=est_value\n"
      "actual_amount=booked_value\ncreated=dt_opened\nwon_at=dt_won\nlost_at=dt_lost\n"
      "expected_close=exp_close_dt\n",
      false);
  check_roles(
      DC_SHAPE_DEALS,
      "序号,项目名称,客户,销售,项目阶段,合同额(万元),立项时间,预计签单时间,签单时间,是否中标\n"
      "1,a,华为,王伟,签约,10,2024-01-03,2024-02-01,2024-02-03,是\n2,b,中兴,李雷,丢单,50,2024-01-05,2024-02-01,2024-02-13,否\n"
      "3,b,中兴,李雷,投标,50,2024-01-05,2024-08-01,,\n",
      "id=序号\nname=项目名称\naccount=客户\nowner=销售\nstage=项目阶段\noutcome=是否中标\namount=合同额(万元)\n"
      "created=立项时间\nclosed=签单时间\nexpected_close=预计签单时间\n",
      false);
}

static void people_never_leave(void **state)
{
  (void)state;
  static const char csv[] = "id,stage,client,reach,call,notes,owner,Contact E-Mail\n"
                            "1,Won,ann@acme.com,bo@brix.de,+49 171 2345678,see 2024,x@me.com,\n"
                            "2,Lost,bob@brix.com,,+86 138-0013-8000,a@b c,x@me.com,\n";
  dc_table *table = table_from(DC_SHAPE_DEALS, csv);
  dc_roles *roles = found_roles(table, DC_SHAPE_DEALS, NULL, 0);
  static const char *const people[] = {"client", "reach", "call", "Contact E-Mail"};
  for (size_t i = 0; i < sizeof people / sizeof *people; i++)
    assert_int_equal(roles->role[dc_table_find(table, people[i])], DC_ROLE_CONTACT);
  assert_int_equal(roles->role[dc_table_find(table, "notes")], DC_ROLE_NONE);
  assert_int_equal(roles->role[dc_table_find(table, "owner")], DC_ROLE_OWNER);
  check_text(roles->why[dc_table_find(table, "reach")], "never leave");
  assert_true(dc_role_is_personal(DC_ROLE_CONTACT));
  assert_false(dc_role_is_personal(DC_ROLE_OWNER));
  dc_roles_free(roles);
  dc_table_free(table);
  /* A mark is nobody's address. */
  check_roles(DC_SHAPE_DEALS, "id,stage,E-Mail,Mobile\n1,Won,yes,\n2,Lost,no,\n",
              "id=id\nstage=stage\ncontact=Mobile\n", false);
  /* In a table that is joined, only what must not leave is looked for. */
  table = table_from(DC_SHAPE_OTHER, "rep,Phone,stage,mail\nAnn,1,Won,a@b.de\nBob,2,Lost,c@d.de\n");
  roles = found_roles(table, DC_SHAPE_OTHER, NULL, 0);
  assert_int_equal(roles->role[1], DC_ROLE_CONTACT);
  assert_int_equal(roles->role[2], DC_ROLE_NONE);
  assert_int_equal(roles->role[3], DC_ROLE_CONTACT);
  dc_roles_free(roles);
  dc_table_free(table);
}

static void ties_stop_or_are_told(void **state)
{
  (void)state;
  static const dc_role_request request = {"amount", "Total value"};
  dc_table *table = table_from(DC_SHAPE_DEALS, "id,stage,Total amount,Total value\n1,Won,2,3\n2,Lost,4,5\n");
  dc_roles *roles = NULL;
  dc_error error;
  check_fails(dc_roles_find(table, "x.csv", DC_SHAPE_DEALS, NULL, NULL, 0, &roles, &error), DC_E_INPUT, &error);
  check_text(error.message,
             "columns \"Total amount\" and \"Total value\" might both be the amount, and nothing tells which; "
             "give --map \"amount=Total amount\" or --map \"amount=Total value\"");
  roles = found_roles(table, DC_SHAPE_DEALS, &request, 1);
  assert_int_equal(roles->column[DC_ROLE_AMOUNT], 3);
  dc_roles_free(roles);
  dc_table_free(table);
  /* Equal cells are no question, whatever the order of the columns; nor is a column that decides nothing. */
  for (int turned = 0; turned <= 1; turned++) {
    table = table_from(DC_SHAPE_DEALS, turned ? "Total value,sales rep,rep,Total amount,id,stage\n2,A,B,2,1,Won\n"
                                              : "id,stage,Total amount,Total value,rep,sales rep\n1,Won,2,2,B,A\n");
    roles = found_roles(table, DC_SHAPE_DEALS, NULL, 0);
    check_found(table, roles, "id=id\nstage=stage\namount=Total amount\nowner=rep\n");
    check_text(roles->runner_up[roles->column[DC_ROLE_OWNER]], "\"sales rep\" for owner (95 to 95");
    dc_roles_free(roles);
    dc_table_free(table);
  }
}

static void runners_up_are_told(void **state)
{
  (void)state;
  dc_table *table = table_from(DC_SHAPE_DEALS, "id,account,account id,status,amount,size,title\n1,A,7,won,2,low,x\n"
                                               "2,B,8,lost,4,high,y\n3,B,8,open,4,high,z\n");
  dc_roles *roles = found_roles(table, DC_SHAPE_DEALS, NULL, 0);
  check_found(table, roles, "id=id\naccount=account\noutcome=status\namount=amount\nname=title\n");
  check_text(roles->runner_up[1], "\"account id\" for account (90 to 100: 2 distinct values in 3 of 3 rows)");
  check_text(roles->runner_up[3], "it might be stage (65 to 83)");
  check_text(roles->runner_up[4], "\"size\" for amount, but it holds another type");
  check_text(roles->why[2], "its name might mean account, but \"account\" does rather");
  assert_null(roles->runner_up[6]);
  dc_roles_free(roles);
  dc_table_free(table);
}

static void won_and_lost_times(void **state)
{
  (void)state;
  deal_log *log = log_of("id,status,amount,created,won time,lost time\n"
                         "A,won,5,2024-01-01,2024-02-03,\nB,lost,5,2024-01-01,,2024-02-04\nC,open,5,2024-01-01,,\n"
                         "D,won,5,2024-01-01,,2024-02-04\n",
                         NULL, NULL);
  assert_string_equal(spells_of(log, "A"), "2024-01-01..2024-02-03 won");
  assert_string_equal(spells_of(log, "B"), "2024-01-01..2024-02-04 lost");
  assert_string_equal(spells_of(log, "C"), "2024-01-01.. open");
  assert_int_equal(log->loads[0]->inputs[0].rejected, 1); /* won, and no day of winning */
  log_free(log);
  /* Without a status the days tell, where the stage does not. */
  log = log_of("id,stage,amount,created,won on,lost on\nA,Demo,5,2024-01-01,2024-02-03,\n"
               "B,Quote,5,2024-01-01,,2024-02-04\nC,Demo,5,2024-01-01,,\n",
               NULL, NULL);
  assert_string_equal(spells_of(log, "A"), "2024-01-01..2024-02-03 won");
  assert_string_equal(spells_of(log, "B"), "2024-01-01..2024-02-04 lost");
  assert_string_equal(spells_of(log, "C"), "2024-01-01.. open");
  log_free(log);
}

static void actual_amounts_of_won_deals(void **state)
{
  (void)state;
  deal_log *log = log_of("id,status,Est. revenue,Actual Revenue,Created On,Actual Close Date\n"
                         "A,Won,100,90,2024-01-01,2024-02-03\nB,Won,100,,2024-01-01,2024-02-03\n"
                         "C,Lost,100,0,2024-01-01,2024-02-03\nD,Open,100,,2024-01-01,\n",
                         NULL, NULL);
  static const double expected[] = {90, 100, 100, 100};
  for (size_t i = 0; i < 4; i++) check_close(log->deals->amount[i], expected[i], 0, 0);
  log_free(log);
  /* Always 0: not filled in. Alone: the amount. */
  check_roles(DC_SHAPE_DEALS, "id,status,Est. revenue,Actual Revenue\n1,Won,10,0\n2,Lost,10,\n",
              "id=id\noutcome=status\namount=Est. revenue\n", false);
  check_roles(DC_SHAPE_DEALS, "id,status,Actual Revenue\n1,Won,10\n2,Lost,0\n",
              "id=id\noutcome=status\namount=Actual Revenue\n", false);
}

/* Odoo archives what is lost. */
static void archived_deals(void **state)
{
  (void)state;
  deal_log *log = log_of("id,stage_id,active,probability,create_date,date_closed,expected_revenue\n"
                         "A,Won,True,100,2024-01-01,2024-02-01,5\nB,New,False,0,2024-01-01,2024-02-02,5\n"
                         "C,Proposition,True,50,2024-01-01,,5\nD,New,False,30,2024-01-01,,5\n"
                         "E,Won,False,100,2024-01-01,2024-02-03,5\n",
                         NULL, NULL);
  assert_string_equal(spells_of(log, "A"), "2024-01-01..2024-02-01 won");
  assert_string_equal(spells_of(log, "B"), "2024-01-01..2024-02-02 lost");
  assert_string_equal(spells_of(log, "C"), "2024-01-01.. open");
  assert_string_equal(spells_of(log, "E"), "2024-01-01..2024-02-03 won");
  assert_int_equal(log->deals->n, 4);
  assert_int_equal(log->loads[0]->inputs[0].excluded, 1); /* archived, not lost */
  log_free(log);
  /* Where something else says lost, "active" says nothing. */
  check_roles(DC_SHAPE_DEALS, "id,status,active\n1,won,yes\n2,lost,no\n", "id=id\noutcome=status\n", false);
  check_roles(DC_SHAPE_DEALS, "id,stage,active\n1,Won,yes\n2,Lost,no\n3,Demo,no\n", "id=id\nstage=stage\n", false);
}

/* No closing day at all: the expected one stands for it, but neither after the last change nor after the file's last day. */
static void expected_closes_stand_for_closings(void **state)
{
  (void)state;
  deal_log *log = log_of("编号,商机状态,商机金额,创建时间,预计成交日期,最后修改时间\n"
                         "A,赢单,5,2024-01-01,2024-02-01,2024-02-20\nB,输单,5,2024-01-01,2024-03-01,2024-02-10\n"
                         "C,赢单,5,2024-01-05,2024-09-01,\nD,进行中,5,2024-01-01,2024-09-01,2024-03-05\n"
                         "E,赢单,5,2024-01-01,,2024-02-10\n",
                         NULL, NULL);
  assert_true(log->roles[0]->expected_is_closed);
  assert_string_equal(spells_of(log, "A"), "2024-01-01..2024-02-01 won");
  assert_string_equal(spells_of(log, "B"), "2024-01-01..2024-02-10 lost");
  assert_string_equal(spells_of(log, "C"), "2024-01-05..2024-03-05 won");
  assert_string_equal(spells_of(log, "D"), "2024-01-01.. open");
  assert_int_equal(log->deals->n, 4);
  assert_int_equal(log->loads[0]->inputs[0].rejected, 1);
  check_text(log->roles[0]->why[4],
             "for want of a closing date it stands for it in won and lost deals (3 of 4 have it)");
  log_free(log);
  /* A history tells it better. */
  log = log_of(
      "编号,商机状态,商机金额,创建时间,预计成交日期\nA,赢单,5,2024-01-01,2024-02-01\nB,进行中,5,2024-01-01,2024-03-01\n",
      "编号,变更时间,阶段\nA,2024-01-01,报价\nA,2024-01-20,赢单\n", NULL);
  assert_string_equal(spells_of(log, "A"), "2024-01-01..2024-01-20 won");
  log_free(log);
  /* A closing day that cannot be read is to be mended, not replaced. */
  dc_table *table = table_from(DC_SHAPE_DEALS,
                               "id,stage,created,expected close,closed date\n"
                               "1,Won,2024-01-01,2024-02-01,soon\n2,Lost,2024-01-01,2024-02-01,later\n");
  dc_roles *roles = found_roles(table, DC_SHAPE_DEALS, NULL, 0);
  assert_false(roles->expected_is_closed);
  dc_roles_free(roles);
  dc_table_free(table);
}

static void a_legend_in_the_name(void **state)
{
  (void)state;
  deal_log *log = log_of("主键,1赢单2输单3无效,商机状态编号,商机金额,创建时间,预计成交日期\n"
                         "A,1,4,5,2024-01-01,2024-02-01\nB,2,3,5,2024-01-01,2024-02-02\n"
                         "C,3,1,5,2024-01-01,2024-02-03\nD,,2,5,2024-01-09,2024-09-01\n",
                         NULL, NULL);
  assert_string_equal(spells_of(log, "A"), "2024-01-01..2024-01-09 won");
  assert_string_equal(spells_of(log, "B"), "2024-01-01..2024-01-09 lost");
  assert_string_equal(spells_of(log, "C"), "2024-01-01..2024-01-09 lost");
  assert_string_equal(spells_of(log, "D"), "2024-01-09.. open");
  log_free(log);
}

static void dates_of_stages_are_no_closings(void **state)
{
  (void)state;
  check_roles(DC_SHAPE_DEALS,
              "Record ID,Deal Stage,\"Date entered \"\"Closed won (Sales Pipeline)\"\"\",Date entered 'Demo' (Sales),"
              "Create Date,Close Date\n1,Closed won,2024-02-01,2024-01-05,2024-01-01,2024-02-01\n",
              "id=Record ID\nstage=Deal Stage\nstage_date=Date entered \"Closed won (Sales Pipeline)\"\n"
              "created=Create Date\nclosed=Close Date\n",
              false);
}

/* Salesforce's field history, Pipedrive's flow, HubSpot's property history: each change of any field is a row. */
static void histories_of_every_field(void **state)
{
  (void)state;
  deal_log *log = log_of(
      "id,stage,created,closed\nA,Won,2024-01-01,2024-02-03\nB,Demo,2024-01-01,\n",
      "Id,OpportunityId,CreatedById,CreatedDate,Field,OldValue,NewValue\n"
      "1,A,u,2024-01-01 10:00:00,StageName,,Demo\n2,A,u,2024-01-05 10:00:00,Amount,10,20\n"
      "3,A,u,2024-01-05 10:00:00,CloseDate,2024-01-01,2024-02-02\n"
      "4,A,u,2024-02-03 10:00:00,StageName,Demo,Closed Won\n5,B,u,2024-01-01 10:00:00,StageName,,Demo\n",
      NULL);
  check_found(log->loads[1]->table, log->roles[1],
              "id=OpportunityId\nstage=NewValue\nchanged_at=CreatedDate\nfield=Field\n");
  assert_string_equal(spells_of(log, "A"), "2024-01-01..2024-02-03 won");
  check_text(told_of(log, "A", "2024-01-20"), "stage Demo since 2024-01-01");
  assert_int_equal(log->loads[1]->inputs[0].excluded, 2);
  log_free(log);
  check_roles(DC_SHAPE_HISTORY,
              "id,deal_id,user_id,log_time,field_key,old_value,new_value\n1,7,3,2024-01-01 10:00:00,stage_id,1,2\n"
              "2,7,3,2024-01-02 10:00:00,status,open,won\n",
              "id=deal_id\nstage=new_value\nchanged_at=log_time\nfield=field_key\n", false);
  check_roles(DC_SHAPE_HISTORY,
              "Record ID,Property,Value,Timestamp\n7,dealstage,contractsent,2024-01-01 10:00:00\n"
              "7,dealstage,closedwon,2024-01-02 10:00:00\n",
              "id=Record ID\nstage=Value\nchanged_at=Timestamp\nfield=Property\n", false);
  /* Beside a stage, neither field nor value says anything. */
  check_roles(DC_SHAPE_HISTORY, "deal id,stage,changed at,field,value\n7,Demo,2024-01-01,x,y\n",
              "id=deal id\nstage=stage\nchanged_at=changed at\n", false);
  assert_true(dc_role_names_stage("StageName"));
  assert_true(dc_role_names_stage("销售阶段"));
  assert_false(dc_role_names_stage("Amount"));
  assert_false(dc_role_names_stage(""));
}

/* What is missing is told with all that is nearly named, in one go. */
static void near_names_are_told_together(void **state)
{
  (void)state;
  dc_table *table = table_from(DC_SHAPE_DEALS,
                               "Opportunity Nmae,Stagee,Ammount,Closed Dat,Creatd Date\na,x,1,2024-01-01,2024-01-01\n");
  dc_roles *roles = found_roles(table, DC_SHAPE_DEALS, NULL, 0);
  dc_error error;
  check_fails(dc_role_fail_missing(table, roles, "x.csv", DC_ROLE_STAGE, "deals need a stage", "", &error), DC_E_INPUT,
              &error);
  check_text(error.message, "give --map stage=Stagee if that is it, likewise --map \"amount=Ammount\" --map "
                            "\"created=Creatd Date\" --map \"closed=Closed Dat\". The columns are");
  dc_roles_free(roles);
  dc_table_free(table);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(localised_exports),
      cmocka_unit_test(traditional_characters),
      cmocka_unit_test(names_in_two_languages),
      cmocka_unit_test(names_as_analysts_write_them),
      cmocka_unit_test(people_never_leave),
      cmocka_unit_test(ties_stop_or_are_told),
      cmocka_unit_test(runners_up_are_told),
      cmocka_unit_test(won_and_lost_times),
      cmocka_unit_test(actual_amounts_of_won_deals),
      cmocka_unit_test(archived_deals),
      cmocka_unit_test(expected_closes_stand_for_closings),
      cmocka_unit_test(a_legend_in_the_name),
      cmocka_unit_test(dates_of_stages_are_no_closings),
      cmocka_unit_test(histories_of_every_field),
      cmocka_unit_test(near_names_are_told_together),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
