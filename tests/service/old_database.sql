BEGIN TRANSACTION;
CREATE TABLE inbox (
    event_id text primary key,
    run text not null,
    at real not null
) without rowid;
INSERT INTO "inbox" VALUES('af405ebe-f6cf-4980-8cf5-db0c9b7cd9cb','cdhr7jg6v39xgg6k3w7nrukd8g',1.79525576998962616915e+09);
INSERT INTO "inbox" VALUES('869d7f3a-929c-423c-89f1-c2a4f064e7f1','cdhr7jg6v39xgg6k3w7nrukd8g',1.79525577002054739002e+09);
INSERT INTO "inbox" VALUES('a65d595b-726f-49a4-8f24-155ec8ab0ccb','cdhr7jg6v39xgg6k3w7nrukd8g',1.79525577004910516735e+09);
INSERT INTO "inbox" VALUES('31727573-3f71-48d1-8fb6-16a1d21909ec','cdhr7jg6v39xgg6k3w7nrukd8g',1.7952557700685560703e+09);
INSERT INTO "inbox" VALUES('b43f9358-2b40-4cd0-84ea-3a664fcb2fc0','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576856106400484e+09);
INSERT INTO "inbox" VALUES('f099b109-5f00-429b-84e1-bc2c05ca5bbb','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576860049271583e+09);
INSERT INTO "inbox" VALUES('a10a4d1b-e56b-4e55-8c13-51a0a93fe607','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576864534902577e+09);
INSERT INTO "inbox" VALUES('5e0e68ba-baa4-476f-868a-7dd36a32c66b','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576874411630628e+09);
INSERT INTO "inbox" VALUES('e4388471-6a5d-47d4-8843-20a7a911a2b9','cwp4wzgzk2ke5akx5ts6yazugn',1.7952557687874691486e+09);
INSERT INTO "inbox" VALUES('d2f3cf42-1572-42c1-8deb-403bb4228a2b','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576882323098177e+09);
INSERT INTO "inbox" VALUES('ab2e257a-6d00-430a-8066-9d63c800125f','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576889891433718e+09);
INSERT INTO "inbox" VALUES('765c62e1-cc07-8c01-aef8-0f1ff5378b0d','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576891784811013e+09);
INSERT INTO "inbox" VALUES('1ed99de4-a57b-40d3-84c5-97c250ec430a','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576893574070934e+09);
INSERT INTO "inbox" VALUES('a00fe43d-133b-4a2f-874e-af5d3bb57c69','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576895629382129e+09);
INSERT INTO "inbox" VALUES('e3062f22-061b-44f0-868f-87bdb6098c46','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576895629382129e+09);
INSERT INTO "inbox" VALUES('8ba6c439-0188-4c96-8a13-2a4251961e4d','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576899343013766e+09);
INSERT INTO "inbox" VALUES('160cb588-b1fc-8d2e-8b46-d7b69cab6c09','cwp4wzgzk2ke5akx5ts6yazugn',1.79525576901726770405e+09);
INSERT INTO "inbox" VALUES('afd0cd43-071d-4ac6-853e-60e419b53d3a','e6rii335hfywmnp24crsdzq2vb',1.79525576920964407916e+09);
INSERT INTO "inbox" VALUES('6ce9233b-9d16-403e-85cc-5e4e69cd9f25','e6rii335hfywmnp24crsdzq2vb',1.79525576929948186871e+09);
INSERT INTO "inbox" VALUES('fd0c17e7-bbfa-4e4c-8fb5-1e4cceafb070','e6rii335hfywmnp24crsdzq2vb',1.79525576934568071368e+09);
INSERT INTO "inbox" VALUES('f8beb519-8838-42e7-8038-0ecdd6a5e061','e6rii335hfywmnp24crsdzq2vb',1.79525576935938048364e+09);
INSERT INTO "inbox" VALUES('8481d1f1-a406-45c4-8761-61e8f90c474a','e6rii335hfywmnp24crsdzq2vb',1.79525576939821290972e+09);
INSERT INTO "inbox" VALUES('fa644915-1366-4d17-809c-bbc8e5929435','e6rii335hfywmnp24crsdzq2vb',1.79525576939821290972e+09);
INSERT INTO "inbox" VALUES('0dcad546-3576-4879-8ac2-c28dafca43f0','e6rii335hfywmnp24crsdzq2vb',1.7952557697306478024e+09);
INSERT INTO "inbox" VALUES('9263427f-201c-4f13-88ce-144209f02f6d','e6rii335hfywmnp24crsdzq2vb',1.79525576978058981894e+09);
INSERT INTO "inbox" VALUES('dc76cfc1-bbcc-42a3-88e2-5b5cd7ec71b9','e6rii335hfywmnp24crsdzq2vb',1.79525576983056306835e+09);
INSERT INTO "inbox" VALUES('a2c1ef1c-af6d-4371-8950-62eb0378175b','e6rii335hfywmnp24crsdzq2vb',1.79525576988228487964e+09);
INSERT INTO "inbox" VALUES('172e13a0-2368-454c-8d70-2f02ee33ee35','e6rii335hfywmnp24crsdzq2vb',1.79525576988539075848e+09);
INSERT INTO "inbox" VALUES('eb7ba3df-cc0a-461e-80ac-a84a3ff14c94','e6rii335hfywmnp24crsdzq2vb',1.79525576991490745538e+09);
INSERT INTO "inbox" VALUES('17b1dc5b-b309-46d5-871c-04eacee8a567','e6rii335hfywmnp24crsdzq2vb',1.7952557699316239357e+09);
INSERT INTO "inbox" VALUES('d43da337-e1ef-44e5-815c-0bcbbefd5ede','e6rii335hfywmnp24crsdzq2vb',1.79525576995074629782e+09);
INSERT INTO "inbox" VALUES('69e8ef3a-ce58-4f98-81bf-1de7eec32f60','e6rii335hfywmnp24crsdzq2vb',1.79525576998552870754e+09);
INSERT INTO "inbox" VALUES('d397a065-866a-4b79-82a7-cdfd064d7f22','hhgdi83gepk95b9iycxsktrdiy',1.79525576882323098177e+09);
INSERT INTO "inbox" VALUES('99840b22-d7e4-47bb-8ca3-73ae0d79155e','hhgdi83gepk95b9iycxsktrdiy',1.7952557688539683818e+09);
INSERT INTO "inbox" VALUES('1d122c15-e14b-4fab-8d48-82c56cd84403','hhgdi83gepk95b9iycxsktrdiy',1.79525576888620758053e+09);
INSERT INTO "inbox" VALUES('ffc90bbd-7a38-460e-8174-f47fa0566cb1','hhgdi83gepk95b9iycxsktrdiy',1.79525576889490318293e+09);
INSERT INTO "inbox" VALUES('601e903c-fba8-857d-b3a7-d1c60e65d6e5','hhgdi83gepk95b9iycxsktrdiy',1.79525576893574070934e+09);
INSERT INTO "inbox" VALUES('d798e7f1-45b3-42bf-8854-3fc922316969','hhgdi83gepk95b9iycxsktrdiy',1.79525576898224711419e+09);
INSERT INTO "inbox" VALUES('0fdd535b-e0c7-8fb9-8744-b304cf8fb464','hhgdi83gepk95b9iycxsktrdiy',1.79525576901726770405e+09);
INSERT INTO "inbox" VALUES('113e5a93-4ad7-4b9a-8e36-4455ad577875','huibgt9x8hee3i325bthgsfqgp',1.79525576899343013766e+09);
INSERT INTO "inbox" VALUES('a316a90f-685a-4577-8a04-70b6da768dc1','huibgt9x8hee3i325bthgsfqgp',1.79525576902530074113e+09);
INSERT INTO "inbox" VALUES('9517b920-837b-4635-8b11-fab05817ef08','huibgt9x8hee3i325bthgsfqgp',1.79525576906920218472e+09);
INSERT INTO "inbox" VALUES('ecde5475-0d4b-47e3-8433-c35b0d4b91a7','huibgt9x8hee3i325bthgsfqgp',1.79525576914839053157e+09);
INSERT INTO "inbox" VALUES('75221729-180d-432f-8e10-b8d0954bcaa3','huibgt9x8hee3i325bthgsfqgp',1.79525576917797589299e+09);
INSERT INTO "inbox" VALUES('0730598e-b283-4ed6-895f-d900683941df','huibgt9x8hee3i325bthgsfqgp',1.79525576920964407916e+09);
INSERT INTO "inbox" VALUES('79377e76-6329-480d-81a7-32d16339cac7','huibgt9x8hee3i325bthgsfqgp',1.79525576929609417915e+09);
INSERT INTO "inbox" VALUES('1b83984f-4963-4cb2-87c1-791af61260a3','huibgt9x8hee3i325bthgsfqgp',1.79525576934042286874e+09);
INSERT INTO "inbox" VALUES('76dee582-53dd-834d-932f-3d7927063afb','queue:support',1.79525576879212903982e+09);
INSERT INTO "inbox" VALUES('46b2b121-d817-8147-9927-c0ec548a17c8','queue:support',1.79525576890299487118e+09);
INSERT INTO "inbox" VALUES('48ad1788-48df-88cd-b409-0c8b0bce3449','queue:support',1.79525576892038273815e+09);
INSERT INTO "inbox" VALUES('f040056f-4b95-864c-ab52-33faee38753e','queue:support',1.79525576894018840785e+09);
INSERT INTO "inbox" VALUES('3b54ffb0-8e82-82e0-9db2-934deae20984','queue:support',1.79525576894274687764e+09);
INSERT INTO "inbox" VALUES('8bf04cc6-98a9-8e5f-a1e8-7119f7322f76','queue:support',1.79525576901726770405e+09);
INSERT INTO "inbox" VALUES('1294e535-0ded-8dd2-bc8d-7f8ca21d94ae','queue:support',1.79525576918286418909e+09);
INSERT INTO "inbox" VALUES('f3de04ac-8f30-8451-84f4-deaaa082ca37','room:support 10',1.79525576894018840785e+09);
INSERT INTO "inbox" VALUES('fe346c35-2af8-8d14-83ae-e8e00abc7115','room:support 10',1.79525576894018840785e+09);
INSERT INTO "inbox" VALUES('9e65ef05-9b87-457a-8382-7eb62a635f5c','room:support 10',1.79525576897554469107e+09);
INSERT INTO "inbox" VALUES('274e38c2-2cdc-86f1-9985-1054f9d484ac','room:support 10',1.79525576898526239393e+09);
INSERT INTO "inbox" VALUES('ee1006d8-dfc9-8c10-968a-c3d8420e3104','room:support 10',1.79525576899826359747e+09);
INSERT INTO "inbox" VALUES('82d62206-ede0-8d1a-add5-adc921f5053e','room:team_room',1.795255769954262495e+09);
INSERT INTO "inbox" VALUES('26fcfeec-8406-4757-8e1b-eeb44f5b35a3','room:team_room',1.79525576998552870754e+09);
INSERT INTO "inbox" VALUES('656b1ac0-c062-869d-a6ba-31fc46cd1f97','room:team_room',1.79525576999355554585e+09);
CREATE TABLE journal (
    run text not null,
    at real not null,
    kind text not null,
    record text not null
);
CREATE TABLE keys (
    key text primary key,
    run text not null
) without rowid;
INSERT INTO "keys" VALUES('ccid:v3:dt82G__u-DH7BblU-_hYcphWQZuLAxDq7PM5Z0euxoaNGwU1P5FGaw','cdhr7jg6v39xgg6k3w7nrukd8g');
INSERT INTO "keys" VALUES('leg:781726b4-352b-4c32-83f3-b5004cf18917','cdhr7jg6v39xgg6k3w7nrukd8g');
INSERT INTO "keys" VALUES('ccid:v3:BIW8V1Roz8gh7jgCm6W7xwpXPbEHrNMhR7tsC32O8Hb5mE84p1X1Iw','cwp4wzgzk2ke5akx5ts6yazugn');
INSERT INTO "keys" VALUES('leg:297403ed-b97e-492a-89ba-dce2b45b9d6f','cwp4wzgzk2ke5akx5ts6yazugn');
INSERT INTO "keys" VALUES('ccid:v3:r7U-vrRZNF-T9qJhTlJoWwVD2cPHKNsJM9Vtpjp-jnZAYeuJqbaZuw','e6rii335hfywmnp24crsdzq2vb');
INSERT INTO "keys" VALUES('leg:f86c22da-e105-4208-8b66-af04c524f63c','e6rii335hfywmnp24crsdzq2vb');
INSERT INTO "keys" VALUES('ccid:v3:s_bH-u2PKOYBAGMdFCkXB-R3v2IGQVlsSg6d10NmlflGHwDdIvePww','hhgdi83gepk95b9iycxsktrdiy');
INSERT INTO "keys" VALUES('leg:749e94e5-ab8a-4b21-8fc7-0c35882a7b4b','hhgdi83gepk95b9iycxsktrdiy');
INSERT INTO "keys" VALUES('ccid:v3:IM5vKaFmeuC8oYq4hUyXf2OO6vJD43oKyRVDg6DvXVd1TYPOzh5ZeQ','huibgt9x8hee3i325bthgsfqgp');
INSERT INTO "keys" VALUES('leg:4819d1f6-8d3f-4fc3-83b0-90df6eac0b1c','huibgt9x8hee3i325bthgsfqgp');
INSERT INTO "keys" VALUES('conf:d86aee43-18bd-49e3-89b0-326186f32c4d','room:support 10');
INSERT INTO "keys" VALUES('conf:c4202695-15b2-446a-8185-dd5d5ce00718','room:team_room');
CREATE TABLE migrations (number integer primary key, name text, checksum text);
INSERT INTO "migrations" VALUES(1,'0001_initial.sql','8eea4ed1b1d8b8ade3077de2df3152b8310e5705477060894e5fe8b7969e6685');
CREATE TABLE notes (
    name text primary key,
    value text not null
) without rowid;
INSERT INTO "notes" VALUES('install','85e848d1cc95');
CREATE TABLE outbox (
    command_id text primary key,
    run text not null,
    chain text not null,
    seq integer not null,
    body text not null,
    urgent integer not null,
    owner text,
    created_at real not null,
    first_attempt_at real
) without rowid;
CREATE TABLE runs (
    run text primary key,
    ver integer not null,
    state text not null,
    version text not null,
    ended_at real
);
INSERT INTO "runs" VALUES('cwp4wzgzk2ke5akx5ts6yazugn',20,'{"run":"cwp4wzgzk2ke5akx5ts6yazugn","ver":20,"status":"live","flow":"support_desk","role":"caller","call_control_id":"v3:BIW8V1Roz8gh7jgCm6W7xwpXPbEHrNMhR7tsC32O8Hb5mE84p1X1Iw","call_leg_id":"297403ed-b97e-492a-89ba-dce2b45b9d6f","call_session_id":"3f868388-2104-4c91-85a4-a690b57fbd3b","connection_id":"2811212257810187875","direction":"incoming","from_":"+34600000001","to":"+15551231111","started_at":1795255768.561064,"ended_at":null,"is_answered":true,"at":"caller:talking#0","n":7,"first_n":0,"serial":5,"running":null,"waiting":[],"main":0,"is_done":true,"keyed":null,"tries":0,"digits":"","language":"","variables":{},"place":{},"queue":"","enqueued":{"queue_name":"support","max_size":50,"max_wait_time_secs":900},"room":"support 10","is_in_room":true,"is_private":true,"stay":1,"departed":"","conference_id":"d86aee43-18bd-49e3-89b0-326186f32c4d","hidden_id":"d86aee43-18bd-49e3-89b0-326186f32c4d","newest":{"queue":1795255768.932756,"room":1795255768.96647},"last_state":"","links":{"agent":{"run":"hhgdi83gepk95b9iycxsktrdiy","number":"+15552220001"}},"far_legs":{},"connecting":null,"sent":{},"media":null,"music":0,"timers":{"longest":1795270168.561064,"manoeuvre":1795255828.917848,"after:0":1795262969.0172677},"due":1795255828.917848,"gen":13,"parked":[],"spent":0,"spent_in_all":6,"is_failing":false,"error_state":""}','a03552f5d26c191bdb773a1dbe8dff2214de5ea71d3c6524d95178a148a2359d',NULL);
INSERT INTO "runs" VALUES('queue:support',8,'{"run":"queue:support","ver":8,"waiting":{"v3:IM5vKaFmeuC8oYq4hUyXf2OO6vJD43oKyRVDg6DvXVd1TYPOzh5ZeQ":"huibgt9x8hee3i325bthgsfqgp"},"claims":{},"rooms":["support 10"],"sent":{}}','',NULL);
INSERT INTO "runs" VALUES('hhgdi83gepk95b9iycxsktrdiy',9,'{"run":"hhgdi83gepk95b9iycxsktrdiy","ver":9,"status":"live","flow":"support_desk","role":"agent","call_control_id":"v3:s_bH-u2PKOYBAGMdFCkXB-R3v2IGQVlsSg6d10NmlflGHwDdIvePww","call_leg_id":"749e94e5-ab8a-4b21-8fc7-0c35882a7b4b","call_session_id":"38ff6320-bc61-4a70-85cd-3219843dbc2f","connection_id":"2811212257810187875","direction":"incoming","from_":"+15552220001","to":"+15551231112","started_at":1795255768.823231,"ended_at":null,"is_answered":true,"at":"agent:talking#0","n":2,"first_n":0,"serial":3,"running":null,"waiting":[],"main":0,"is_done":true,"keyed":null,"tries":0,"digits":"1","language":"","variables":{},"place":{},"queue":"","enqueued":{},"room":"support 10","is_in_room":true,"is_private":true,"stay":1,"departed":"","conference_id":"d86aee43-18bd-49e3-89b0-326186f32c4d","hidden_id":"d86aee43-18bd-49e3-89b0-326186f32c4d","newest":{"room":1795255768.950815},"last_state":"","links":{"caller":{"run":"cwp4wzgzk2ke5akx5ts6yazugn","number":"+34600000001"}},"far_legs":{},"connecting":null,"sent":{},"media":null,"music":0,"timers":{"longest":1795270168.823231,"manoeuvre":1795255828.9357407,"after:0":1795262969.0172677},"due":1795255828.9357407,"gen":6,"parked":[],"spent":1,"spent_in_all":6,"is_failing":false,"error_state":""}','a03552f5d26c191bdb773a1dbe8dff2214de5ea71d3c6524d95178a148a2359d',NULL);
INSERT INTO "runs" VALUES('room:support 10',7,'{"run":"room:support 10","ver":7,"stage":"open","conference_id":"d86aee43-18bd-49e3-89b0-326186f32c4d","queue":"support","members":{"hhgdi83gepk95b9iycxsktrdiy":{"run":"hhgdi83gepk95b9iycxsktrdiy","call_control_id":"v3:s_bH-u2PKOYBAGMdFCkXB-R3v2IGQVlsSg6d10NmlflGHwDdIvePww","flow":"support_desk","role":"agent","stay":1,"number":"+15552220001","partner":"cwp4wzgzk2ke5akx5ts6yazugn","listens":[],"wishes":{},"linked":{"caller":"cwp4wzgzk2ke5akx5ts6yazugn"},"conference_id":"d86aee43-18bd-49e3-89b0-326186f32c4d","is_in":true,"is_asked":true,"leaving":"","starts":0,"partner_left":null},"cwp4wzgzk2ke5akx5ts6yazugn":{"run":"cwp4wzgzk2ke5akx5ts6yazugn","call_control_id":"v3:BIW8V1Roz8gh7jgCm6W7xwpXPbEHrNMhR7tsC32O8Hb5mE84p1X1Iw","flow":"support_desk","role":"caller","stay":1,"number":"+34600000001","partner":"hhgdi83gepk95b9iycxsktrdiy","listens":[],"wishes":{},"linked":{"agent":"hhgdi83gepk95b9iycxsktrdiy"},"conference_id":"d86aee43-18bd-49e3-89b0-326186f32c4d","is_in":true,"is_asked":true,"leaving":"","starts":0,"partner_left":null}},"sent":{},"former":[],"over":[]}','',NULL);
INSERT INTO "runs" VALUES('huibgt9x8hee3i325bthgsfqgp',13,'{"run":"huibgt9x8hee3i325bthgsfqgp","ver":13,"status":"live","flow":"support_desk","role":"caller","call_control_id":"v3:IM5vKaFmeuC8oYq4hUyXf2OO6vJD43oKyRVDg6DvXVd1TYPOzh5ZeQ","call_leg_id":"4819d1f6-8d3f-4fc3-83b0-90df6eac0b1c","call_session_id":"a6d54c8a-2203-4dd3-87dc-cee9179e06e8","connection_id":"2811212257810187875","direction":"incoming","from_":"+34600000002","to":"+15551231111","started_at":1795255768.9934301,"ended_at":null,"is_answered":true,"at":"caller:line#0","n":5,"first_n":3,"serial":5,"running":null,"waiting":[],"main":0,"is_done":true,"keyed":null,"tries":0,"digits":"","language":"","variables":{},"place":{},"queue":"support","enqueued":{"queue_name":"support","max_size":50,"max_wait_time_secs":900},"room":"","is_in_room":false,"is_private":false,"stay":0,"departed":"","conference_id":"","hidden_id":"","newest":{"queue":1795255769.154096},"last_state":"","links":{},"far_legs":{},"connecting":null,"sent":{},"media":{"kind":"music","n":5,"stop_n":0},"music":2,"timers":{"longest":1795270168.9934301,"every:0":1795255829.1483905},"due":1795255829.1483905,"gen":9,"parked":[],"spent":0,"spent_in_all":6,"is_failing":false,"error_state":""}','a03552f5d26c191bdb773a1dbe8dff2214de5ea71d3c6524d95178a148a2359d',NULL);
INSERT INTO "runs" VALUES('e6rii335hfywmnp24crsdzq2vb',20,'{"run":"e6rii335hfywmnp24crsdzq2vb","ver":20,"status":"live","flow":"front_desk","role":"caller","call_control_id":"v3:r7U-vrRZNF-T9qJhTlJoWwVD2cPHKNsJM9Vtpjp-jnZAYeuJqbaZuw","call_leg_id":"f86c22da-e105-4208-8b66-af04c524f63c","call_session_id":"68645f15-d866-40d2-8af7-ce3f6fe20d1b","connection_id":"2811212257810187875","direction":"incoming","from_":"+34600000003","to":"+15551230000","started_at":1795255769.209644,"ended_at":null,"is_answered":true,"at":"caller:team_room#0","n":5,"first_n":5,"serial":6,"running":null,"waiting":[],"main":0,"is_done":true,"keyed":null,"tries":0,"digits":"4821","language":"","variables":{"pin":"4821","pin_tries":0},"place":{},"queue":"","enqueued":{},"room":"team_room","is_in_room":true,"is_private":false,"stay":1,"departed":"","conference_id":"c4202695-15b2-446a-8185-dd5d5ce00718","hidden_id":"","newest":{"room":1795255769.958252},"last_state":"","links":{},"far_legs":{},"connecting":null,"sent":{},"media":null,"music":0,"timers":{"longest":1795266569.209644,"after:0":1795262969.8853908},"due":1795262969.8853908,"gen":12,"parked":[],"spent":0,"spent_in_all":10,"is_failing":false,"error_state":""}','a03552f5d26c191bdb773a1dbe8dff2214de5ea71d3c6524d95178a148a2359d',NULL);
INSERT INTO "runs" VALUES('room:team_room',4,'{"run":"room:team_room","ver":4,"stage":"open","conference_id":"c4202695-15b2-446a-8185-dd5d5ce00718","queue":"","members":{"e6rii335hfywmnp24crsdzq2vb":{"run":"e6rii335hfywmnp24crsdzq2vb","call_control_id":"v3:r7U-vrRZNF-T9qJhTlJoWwVD2cPHKNsJM9Vtpjp-jnZAYeuJqbaZuw","flow":"front_desk","role":"caller","stay":1,"number":"+34600000003","partner":"","listens":["conference.ended"],"wishes":{"beep":"on_enter","music":{"audio_url":"https://example.com/hold.mp3"}},"linked":{},"conference_id":"c4202695-15b2-446a-8185-dd5d5ce00718","is_in":true,"is_asked":true,"leaving":"","starts":0,"partner_left":null}},"sent":{},"former":[],"over":[]}','',NULL);
INSERT INTO "runs" VALUES('cdhr7jg6v39xgg6k3w7nrukd8g',7,'{"run":"cdhr7jg6v39xgg6k3w7nrukd8g","ver":7,"status":"live","flow":"front_desk","role":"caller","call_control_id":"v3:dt82G__u-DH7BblU-_hYcphWQZuLAxDq7PM5Z0euxoaNGwU1P5FGaw","call_leg_id":"781726b4-352b-4c32-83f3-b5004cf18917","call_session_id":"265fb6db-fd51-486a-89c8-bde94f7d9ada","connection_id":"2811212257810187875","direction":"incoming","from_":"+34600000004","to":"+15551230000","started_at":1795255769.9896262,"ended_at":null,"is_answered":true,"at":"caller:menu#1","n":3,"first_n":3,"serial":3,"running":{"frame":{"block":"menu","number":1,"fields":{},"is_main":true},"serial":3,"stage":"accepted","n":3,"note":{"limit_s":26.65,"awaits_webhook":true}},"waiting":[],"main":0,"is_done":false,"keyed":null,"tries":0,"digits":"","language":"","variables":{"pin":"","pin_tries":0},"place":{},"queue":"","enqueued":{},"room":"","is_in_room":false,"is_private":false,"stay":0,"departed":"","conference_id":"","hidden_id":"","newest":{},"last_state":"","links":{},"far_legs":{},"connecting":null,"sent":{},"media":{"kind":"gather","n":3,"stop_n":0},"music":0,"timers":{"longest":1795266569.9896262,"step":1795255796.7274618},"due":1795255796.7274618,"gen":6,"parked":[],"spent":2,"spent_in_all":4,"is_failing":false,"error_state":""}','a03552f5d26c191bdb773a1dbe8dff2214de5ea71d3c6524d95178a148a2359d',NULL);
CREATE TABLE timers (
    run text primary key,
    due real not null,
    gen integer not null
) without rowid;
INSERT INTO "timers" VALUES('cdhr7jg6v39xgg6k3w7nrukd8g',1.79525579672746181487e+09,6);
INSERT INTO "timers" VALUES('cwp4wzgzk2ke5akx5ts6yazugn',1.79525582891784811021e+09,13);
INSERT INTO "timers" VALUES('e6rii335hfywmnp24crsdzq2vb',1.79526296988539075857e+09,12);
INSERT INTO "timers" VALUES('hhgdi83gepk95b9iycxsktrdiy',1.79525582893574070933e+09,6);
INSERT INTO "timers" VALUES('huibgt9x8hee3i325bthgsfqgp',1.79525582914839053156e+09,9);
CREATE TABLE versions (
    version text primary key,
    files text not null
);
INSERT INTO "versions" VALUES('a03552f5d26c191bdb773a1dbe8dff2214de5ea71d3c6524d95178a148a2359d','{"front_desk.flow.yaml":"IyB5YW1sLWxhbmd1YWdlLXNlcnZlcjogJHNjaGVtYT0uLi9zY2hlbWFzL2Zsb3cuc2NoZW1hLmpzb24KZmxvdzogZnJvbnRfZGVzawphYm91dDogR3JlZXRzIHRoZSBjYWxsZXIsIG9mZmVycyBhIG1lbnUsIGxldHMgbWVtYmVycyBpbnRvIHRoZSB0ZWFtIHJvb20gd2l0aCBhIFBJTi4KCnN0YXJ0c193aGVuOgogIGNhbGxzX3RvOiBbIisxNTU1MTIzMDAwMCJdCgpzZXR0aW5nczoKICBsYW5ndWFnZTogZW4tVVMKICB2b2ljZTogQVdTLlBvbGx5LkpvYW5uYS1OZXVyYWwKICBsb25nZXN0X2NhbGw6IDNoCgpyZW1lbWJlcjoKICBwaW46ICAgICAgIHt0eXBlOiBkaWdpdHMsIHNlY3JldDogdHJ1ZX0KICBwaW5fdHJpZXM6IHt0eXBlOiBudW1iZXIsIHN0YXJ0OiAwfQoKcHJvbXB0czoKICB3ZWxjb21lOgogICAgZW4tVVM6IFdlbGNvbWUgdG8gQWNtZS4KICAgIGVzLUVTOiBCaWVudmVuaWRvIGEgQWNtZS4KICBtYWluX21lbnU6CiAgICBlbi1VUzogIkZvciBzYWxlcywgcHJlc3MgMS4gVG8gam9pbiB0aGUgdGVhbSByb29tLCBwcmVzcyAyLiIKICAgIGVzLUVTOiAiUGFyYSB2ZW50YXMsIHB1bHNlIDEuIFBhcmEgbGEgc2FsYSBkZWwgZXF1aXBvLCBwdWxzZSAyLiIKICBlbnRlcl9waW46CiAgICBlbi1VUzogIlBsZWFzZSBlbnRlciB5b3VyIGZvdXIgZGlnaXQgUElOLCB0aGVuIHByZXNzIHBvdW5kLiIKICAgIGVzLUVTOiAiSW50cm9kdXpjYSBzdSBQSU4gZGUgY3VhdHJvIGNpZnJhcyB5IHB1bHNlIGFsbW9oYWRpbGxhLiIKICB3cm9uZ19waW46CiAgICBlbi1VUzogVGhhdCBQSU4gaXMgbm90IHJpZ2h0LgogICAgZXMtRVM6IEVsIFBJTiBubyBlcyBjb3JyZWN0by4KICBnb29kYnllOgogICAgZW4tVVM6IEdvb2RieWUuCiAgICBlcy1FUzogQWRpw7NzLgoKYW55d2hlcmU6CiAgb25fZXJyb3I6IGFwb2xvZ2lzZQoKc3RhcnQ6IHdlbGNvbWUKCnN0YXRlczoKICB3ZWxjb21lOgogICAgZG86CiAgICAgIC0gYW5zd2VyCiAgICAgIC0gcHJvbXB0OiB3ZWxjb21lCiAgICB0aGVuOiBtZW51CgogIG1lbnU6CiAgICBkbzoKICAgICAgLSBnYXRoZXI6IHtwcm9tcHQ6IG1haW5fbWVudSwgZGlnaXRzOiAxLCB3YWl0OiA2cywgdHJpZXM6IDN9CiAgICBrZXlzOgogICAgICAiMSI6IHNhbGVzCiAgICAgICIyIjogYXNrX3BpbgogICAgICBhbnl0aGluZ19lbHNlOiBtZW51CiAgICAgIG5vdGhpbmc6IGdvb2RieWUKCiAgc2FsZXM6CiAgICBkbzoKICAgICAgLSB0cmFuc2Zlcjoge3RvOiAiKzE1NTUxMjM5OTk5IiwgcmluZ19mb3I6IDI1cywgYXM6IHNhbGVzfQogICAgb246CiAgICAgIGNhbGwuYnJpZGdlZDogZW5kICAgICAgICAgICAgICAgICMgc2FsZXMgaGFzIGFuc3dlcmVkOyBmcm9tIGhlcmUgdGhlIHR3byB0YWxrIHdpdGhvdXQgdGhpcyBmbG93CiAgICAgIHNhbGVzLmNhbGwuaGFuZ3VwOiBnb29kYnllICAgICAgICMgYnVzeSwgbm8gYW5zd2VyLCByZWZ1c2VkCiAgICBhZnRlcjoKICAgICAgMzBzOiBnb29kYnllCgogIGFza19waW46CiAgICBkbzoKICAgICAgLSBnYXRoZXI6IHtwcm9tcHQ6IGVudGVyX3BpbiwgZGlnaXRzOiA0LCBlbmRfa2V5OiAiIyIsIHdhaXQ6IDhzLCBpbnRvOiBwaW59CiAgICBrZXlzOgogICAgICBkaWdpdHM6IGNoZWNrX3BpbgogICAgICBhbnl0aGluZ19lbHNlOiBhc2tfcGluICAgICAgICAgICAjIHRvbyBmZXcgZGlnaXRzCiAgICAgIG5vdGhpbmc6IGdvb2RieWUKCiAgY2hlY2tfcGluOgogICAgdGhlbjoKICAgICAgLSBpZjogcGluID09IHNlY3JldC50ZWFtX3Jvb21fcGluCiAgICAgICAgdGhlbjogdGVhbV9yb29tCiAgICAgIC0gaWY6IHBpbl90cmllcyA+PSAyCiAgICAgICAgZG86CiAgICAgICAgICAtIHByb21wdDogd3JvbmdfcGluCiAgICAgICAgdGhlbjogZ29vZGJ5ZQogICAgICAtIGRvOgogICAgICAgICAgLSBjb3VudDogcGluX3RyaWVzCiAgICAgICAgICAtIHByb21wdDogd3JvbmdfcGluCiAgICAgICAgdGhlbjogYXNrX3BpbgoKICB0ZWFtX3Jvb206CiAgICBkbzoKICAgICAgLSBzcGVhazogIllvdSBhcmUgam9pbmluZyB0aGUgdGVhbSByb29tLiIKICAgICAgLSBqb2luX2NvbmZlcmVuY2U6IHtyb29tOiB0ZWFtX3Jvb20sIGJlZXA6IG9uX2VudGVyLCBtdXNpY191bnRpbF9qb2luZWQ6IGhvbGRfbXVzaWN9CiAgICBvbjoKICAgICAgY29uZmVyZW5jZS5lbmRlZDogbGVhdmVfcm9vbQogICAgYWZ0ZXI6CiAgICAgIDJoOiBsZWF2ZV9yb29tCgogIGxlYXZlX3Jvb206CiAgICBkbzoKICAgICAgLSBsZWF2ZV9jb25mZXJlbmNlICAgICAgICAgICAgICAgIyBub3RoaW5nIGhhcHBlbnMgd2hlbiB0aGUgY2FsbCBpcyBpbiBubyByb29tCiAgICB0aGVuOiBnb29kYnllCgogIGdvb2RieWU6CiAgICBkbzoKICAgICAgLSBwcm9tcHQ6IGdvb2RieWUKICAgIHRoZW46IGhhbmd1cAoKICBhcG9sb2dpc2U6CiAgICBkbzoKICAgICAgLSBsZWF2ZV9jb25mZXJlbmNlICAgICAgICAgICAgICAgIyBub3RoaW5nIGhhcHBlbnMgd2hlbiB0aGUgY2FsbCBpcyBpbiBubyByb29tCiAgICAgIC0gc3BlYWs6ICJTb3JyeSwgc29tZXRoaW5nIHdlbnQgd3JvbmcuIFBsZWFzZSBjYWxsIGFnYWluLiIKICAgIHRoZW46IGhhbmd1cAo=","support_desk.flow.yaml":"Zmxvdzogc3VwcG9ydF9kZXNrCmFib3V0OiBDYWxsZXJzIHdhaXQgZm9yIGFuIGFnZW50LCBoZWFyIHRoZWlyIHBsYWNlIGluIGxpbmUsIGFuZCBsZWF2ZSBhIG1lc3NhZ2UgaWYgaXQgdGFrZXMgdG9vIGxvbmcuIEFnZW50cyBjYWxsIGluIGFuZCB0YWtlIG9uZSBjYWxsZXIgYWZ0ZXIgYW5vdGhlci4KCnN0YXJ0c193aGVuOgogIGNhbGxzX3RvOiBbIisxNTU1MTIzMTExMSJdCgphbnl3aGVyZToKICBvbjoKICAgIGFnZW50LmpvaW5lZDogdGFsa2luZyAgICAgICAgICAjIGFuIGFnZW50IGNhbiB0YWtlIHRoZSBjYWxsZXIgYXQgdGhlIHZlcnkgbW9tZW50IHRoZSBjYWxsZXIgcHJlc3NlcyBzdGFyCiAgb25fZXJyb3I6IHZvaWNlbWFpbAoKc3RhcnQ6IHdlbGNvbWUKCnN0YXRlczoKICB3ZWxjb21lOgogICAgZG86CiAgICAgIC0gYW5zd2VyCiAgICAgIC0gc3BlYWs6ICJUaGFuayB5b3UgZm9yIGNhbGxpbmcgc3VwcG9ydC4gV2Ugd2lsbCBiZSB3aXRoIHlvdSBhcyBzb29uIGFzIHdlIGNhbi4iCiAgICB0aGVuOiBsaW5lCgogIGxpbmU6CiAgICBhYm91dDogSW4gdGhlIHF1ZXVlLCB3aXRoIG11c2ljLiBFdmVyeSBtaW51dGUgdGhlIGNhbGxlciBoZWFycyB0aGVpciBwbGFjZSBpbiBsaW5lLgogICAgZG86CiAgICAgIC0gZW5xdWV1ZToge3F1ZXVlOiBzdXBwb3J0LCBtYXhfd2FpdDogMTVtLCBtYXhfY2FsbGVyczogNTB9CiAgICAgIC0gcGxheToge2F1ZGlvOiBob2xkX211c2ljLCByZXBlYXQ6IGZvcmV2ZXJ9CiAgICBvbjoKICAgICAgY2FsbC5lbnF1ZXVlZDoKICAgICAgICBkbzoKICAgICAgICAgIC0gc3BlYWs6ICJZb3UgYXJlIG51bWJlciB7eyBldmVudC5jdXJyZW50X3Bvc2l0aW9uIH19IGluIGxpbmUuIFRvIGxlYXZlIGEgbWVzc2FnZSBpbnN0ZWFkLCBwcmVzcyBzdGFyLiIKICAgICAgY2FsbC5kdG1mLnJlY2VpdmVkOgogICAgICAgIC0gaWY6IGV2ZW50LmRpZ2l0ID09ICIqIgogICAgICAgICAgdGhlbjogdm9pY2VtYWlsCiAgICAgIGNhbGwuZGVxdWV1ZWQ6CiAgICAgICAgLSBpZjogZXZlbnQucmVhc29uID09ICJ0aW1lb3V0IgogICAgICAgICAgdGhlbjogdm9pY2VtYWlsCiAgICBldmVyeToKICAgICAgNjBzOgogICAgICAgIGRvOgogICAgICAgICAgLSBjaGVja19xdWV1ZTogc3VwcG9ydAogICAgICAgICAgLSBzcGVhazogIllvdSBhcmUgbm93IG51bWJlciB7eyBxdWV1ZS5wb3NpdGlvbiB9fSBpbiBsaW5lLiBUbyBsZWF2ZSBhIG1lc3NhZ2UgaW5zdGVhZCwgcHJlc3Mgc3Rhci4iCiAgICBvbl9lcnJvcjogdm9pY2VtYWlsICAgICAgICAgICAgIyBmb3IgZXhhbXBsZTogdGhlIHF1ZXVlIGlzIGZ1bGwKCiAgdGFsa2luZzoKICAgIGFib3V0OiBUaGUgY2FsbGVyIGFuZCBhbiBhZ2VudCBhcmUgY29ubmVjdGVkLgogICAgb246CiAgICAgIGFnZW50LmxlZnQ6IGFza19yYXRpbmcgICAgICAgIyB0aGUgYWdlbnQgaHVuZyB1cCwgb3IgdG9vayBzb21lYm9keSBlbHNlCiAgICBhZnRlcjoKICAgICAgMmg6IGhhbmd1cAoKICBhc2tfcmF0aW5nOgogICAgZG86CiAgICAgIC0gZ2F0aGVyOiB7c3BlYWs6ICJIb3cgZGlkIHdlIGRvPyBQcmVzcyAxIHRvIDUuIiwgZGlnaXRzOiAxLCBvbmx5OiAiMTIzNDUiLCB3YWl0OiA2cywgdHJpZXM6IDJ9CiAgICBrZXlzOgogICAgICBkaWdpdHM6CiAgICAgICAgZG86CiAgICAgICAgICAtIGxvZzogInJhdGluZyB7eyBkaWdpdHMgfX0iCiAgICAgICAgdGhlbjogaGFuZ3VwCiAgICAgIG5vdGhpbmc6IGhhbmd1cAoKICB2b2ljZW1haWw6CiAgICBkbzoKICAgICAgLSBsZWF2ZV9xdWV1ZSAgICAgICAgICAgICAgICAjIGRvZXMgbm90aGluZyB3aGVuIHRoZSBjYWxsZXIgaXMgbm90IGluIGxpbmUKICAgICAgLSBzcGVhazogIlBsZWFzZSBsZWF2ZSBhIG1lc3NhZ2UgYWZ0ZXIgdGhlIGJlZXAsIHRoZW4gaGFuZyB1cC4gVGhlIG1lc3NhZ2UgaXMgcmVjb3JkZWQuIgogICAgICAtIHJlY29yZDoge2JlZXA6IHRydWUsIGxvbmdlc3Q6IDNtLCBzdG9wX29uX3NpbGVuY2U6IDVzfQogICAgb246CiAgICAgIGNhbGwucmVjb3JkaW5nLnNhdmVkOiAgICAgICAgIyBhbHNvIHdoZW4gdGhlIGNhbGxlciBoYXMgaHVuZyB1cAogICAgICAgIGRvOgogICAgICAgICAgLSBub3RpZnk6IHt0bzogc3VwcG9ydF9pbmJveCwgcmVjb3JkaW5nOiAie3sgZXZlbnQucmVjb3JkaW5nX3VybHMubXAzIH19IiwgZnJvbTogInt7IGNhbGxlci5udW1iZXIgfX0ifQogICAgICAgIHRoZW46IGhhbmd1cAogICAgYWZ0ZXI6CiAgICAgIDRtOiBoYW5ndXAKICAgIG9uX2Vycm9yOiBoYW5ndXAKCnJvbGVzOgogIGFnZW50OgogICAgYWJvdXQ6IEFuIGFnZW50IGNhbGxzIGluIGFuZCB0YWtlcyB0aGUgbmV4dCBjYWxsZXIgZnJvbSB0aGUgcXVldWUsIHVudGlsIHRoZXkgaGFuZyB1cC4KICAgIHN0YXJ0c193aGVuOgogICAgICBjYWxsc190bzogWyIrMTU1NTEyMzExMTIiXQogICAgYW55d2hlcmU6CiAgICAgIG9uX2Vycm9yOiBzb3JyeQogICAgc3RhcnQ6IHdlbGNvbWUKICAgIHN0YXRlczoKICAgICAgd2VsY29tZToKICAgICAgICBkbzoKICAgICAgICAgIC0gYW5zd2VyCiAgICAgICAgdGhlbjoKICAgICAgICAgIC0gaWY6IGFnZW50Lm51bWJlciBpbiBsaXN0LmFnZW50cwogICAgICAgICAgICB0aGVuOiByZWFkeQogICAgICAgICAgLSB0aGVuOiBzb3JyeQoKICAgICAgcmVhZHk6CiAgICAgICAgZG86CiAgICAgICAgICAtIGdhdGhlcjoge3NwZWFrOiAiUHJlc3MgMSB0byB0YWtlIHRoZSBuZXh0IGNhbGwuIiwgZGlnaXRzOiAxLCB3YWl0OiA5cywgdHJpZXM6IDMzfQogICAgICAgIGtleXM6CiAgICAgICAgICAiMSI6IHRha2VfbmV4dAogICAgICAgICAgYW55dGhpbmdfZWxzZTogcmVhZHkKICAgICAgICAgIG5vdGhpbmc6IGhhbmd1cAoKICAgICAgdGFrZV9uZXh0OgogICAgICAgIGRvOgogICAgICAgICAgLSBjb25uZWN0OiB7cXVldWU6IHN1cHBvcnR9CiAgICAgICAgdGhlbjogdGFsa2luZwogICAgICAgIG9uX2Vycm9yOiBub19jYWxsZXIgICAgICAgICMgbm9ib2R5IGlzIHdhaXRpbmcKCiAgICAgIHRhbGtpbmc6CiAgICAgICAgb246CiAgICAgICAgICBjYWxsZXIubGVmdDogcmVhZHkgICAgICAgIyB0aGUgY2FsbGVyIGh1bmcgdXAKICAgICAgICBhZnRlcjoKICAgICAgICAgIDJoOiBoYW5ndXAKCiAgICAgIG5vX2NhbGxlcjoKICAgICAgICBkbzoKICAgICAgICAgIC0gc3BlYWs6ICJOb2JvZHkgaXMgd2FpdGluZy4iCiAgICAgICAgdGhlbjogcmVhZHkKCiAgICAgIHNvcnJ5OgogICAgICAgIGRvOgogICAgICAgICAgLSBzcGVhazogIlNvcnJ5LCB0aGF0IGlzIG5vdCBwb3NzaWJsZS4gR29vZGJ5ZS4iCiAgICAgICAgdGhlbjogaGFuZ3VwCg==","project.yaml":"IyBXaGF0IHRoZSBmbG93cyBvZiB0aGlzIGZvbGRlciBzaGFyZS4gU2VjcmV0cyBhcmUgbmFtZWQgaGVyZTsgdGhlaXIgdmFsdWVzIGNvbWUgZnJvbSB0aGUgZW52aXJvbm1lbnQuCmF1ZGlvOgogIGhvbGRfbXVzaWM6IHt1cmw6ICJodHRwczovL2V4YW1wbGUuY29tL2hvbGQubXAzIn0Kbm90aWZ5OgogIHN1cHBvcnRfaW5ib3g6IHt1cmw6ICJodHRwczovL2V4YW1wbGUuY29tL2hvb2tzL3ZvaWNlbWFpbCJ9CiAgcXVhbGl0eV90ZWFtOiB7dXJsOiAiaHR0cHM6Ly9leGFtcGxlLmNvbS9ob29rcy9yZWNvcmRpbmdzIn0KbGlzdHM6CiAgYWdlbnRzOiBbIisxNTU1MjIyMDAwMSIsICIrMTU1NTIyMjAwMDIiXQogIHN1cGVydmlzb3JzOiBbIisxNTU1MjIyMDAwOSJdCnNlY3JldHM6IFt0ZWFtX3Jvb21fcGluXQptYXlfY2FsbDogWyIrMTU1NSJdCg=="}');
CREATE INDEX runs_ended on runs (ended_at) where ended_at is not null;
CREATE INDEX runs_version on runs (version);
CREATE INDEX keys_run on keys (run);
CREATE INDEX inbox_run on inbox (run, at);
CREATE INDEX outbox_run on outbox (run);
CREATE INDEX journal_run on journal (run, at);
COMMIT;
