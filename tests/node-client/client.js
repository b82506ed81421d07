"use strict";

// Drives an agent as an application does that uses the npm package "consul": node client.js PORT. Prints each step; the exit code is 0 when all hold.

const assert = require("node:assert");
const Consul = require("consul");

const consul = new Consul({ host: "127.0.0.1", port: Number(process.argv[2]) });

// The catalog hears of a status a moment after the agent.
const until = async (look) => {
  for (const end = Date.now() + 30_000; ; ) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
};
const passing = async (count) => assert.equal((await consul.health.service({ service: "db", passing: true })).length, count);

const steps = {
  async "the agent tells who it is"() {
    assert.match(await consul.status.leader(), /^127\.0\.0\.1:\d+$/);
    assert.equal((await consul.status.peers()).length, 1);
    assert.equal((await consul.agent.self()).Config.Datacenter, "dc1");
    assert.equal((await consul.agent.members())[0].Name, "node1");
    assert.deepEqual(await consul.catalog.datacenters(), ["dc1"]);
    assert.equal((await consul.catalog.node.list())[0].Node, "node1");
  },

  async "a service is registered with its check and its sidecar"() {
    await consul.agent.service.register({ name: "db", id: "db-1", port: 5432, tags: ["primary"], meta: { version: "1" }, check: { ttl: "60s", status: "passing" } });
    await consul.agent.service.register({ name: "web", port: 8080, connect: { sidecarservice: { proxy: { destinationservicename: "web", upstreams: [{ destination_name: "db", local_bind_port: 9191 }] } } } });
    const services = await consul.agent.service.list();
    assert.deepEqual(Object.keys(services).sort(), ["db-1", "web", "web-sidecar-proxy"]);
    assert.equal(services["web-sidecar-proxy"].Proxy.Upstreams[0].DestinationName, "db");
    assert.equal(services["db-1"].Meta.version, "1");
  },

  async "the catalog has it"() {
    assert.deepEqual((await consul.catalog.service.list()).db, ["primary"]);
    const [instance] = await consul.catalog.service.nodes("db");
    assert.equal(instance.ServiceID, "db-1");
    assert.equal(instance.ServicePort, 5432);
    assert.equal((await consul.catalog.node.services("node1")).Services["db-1"].Service, "db");
    assert.deepEqual(await consul.catalog.connect.nodes("nothing"), []);
  },

  async "health follows its check"() {
    const check = "service:db-1";
    await consul.agent.check.fail({ id: check, note: "broken" });
    await until(() => passing(0));
    assert.equal((await consul.health.checks("db"))[0].Output, "broken");
    assert.equal((await consul.health.state("critical")).find((one) => one.CheckID === check).Status, "critical");
    await consul.agent.check.warn(check);
    assert.equal((await consul.agent.check.list())[check].Status, "warning");
    await consul.agent.check.pass({ id: check, note: "mended" });
    await until(() => passing(1));
    assert.ok((await consul.health.node("node1")).some((one) => one.CheckID === check));
  },

  async "a check of its own is registered and leaves"() {
    await consul.agent.check.register({ name: "disk", ttl: "60s", serviceid: "db-1" });
    assert.equal((await consul.agent.check.list()).disk.ServiceID, "db-1");
    await consul.agent.check.deregister("disk");
    assert.equal((await consul.agent.check.list()).disk, undefined);
  },

  async "maintenance hides it"() {
    await consul.agent.service.maintenance({ id: "db-1", enable: true, reason: "upgrade" });
    await until(() => passing(0));
    await consul.agent.service.maintenance({ id: "db-1", enable: false });
    await consul.agent.maintenance({ enable: true, reason: "reboot" });
    assert.equal((await consul.agent.check.list())._node_maintenance.Notes, "reboot");
    await consul.agent.maintenance(false);
    await until(() => passing(1));
  },

  async "a watch sees each change"() {
    const seen = [];
    const watch = consul.watch({ method: consul.health.service, options: { service: "db", passing: true, wait: "10s" } });
    const saw = (count) =>
      new Promise((resolve, reject) => {
        watch.on("change", (data) => {
          seen.push(data.length);
          if (data.length === count) resolve();
        });
        watch.on("error", reject);
      });
    await saw(1);
    const gone = saw(0);
    await consul.agent.check.fail("service:db-1");
    await gone;
    const back = saw(1);
    await consul.agent.check.pass("service:db-1");
    await back;
    watch.end();
    assert.ok(seen.length >= 3);
  },

  async "a prepared query finds it"() {
    const { ID: id } = await consul.query.create({ name: "find-db", service: { service: "db", onlypassing: true } });
    assert.equal((await consul.query.list()).length, 1);
    assert.equal((await consul.query.get(id)).Name, "find-db");
    await consul.query.update({ query: id, name: "find-database", service: { service: "db" } });
    assert.equal((await consul.query.execute("find-database")).Nodes[0].Service.ID, "db-1");
    await consul.query.explain("find-database"); // the package takes the answer for a list, and gives nothing
    await consul.query.destroy(id);
    assert.deepEqual(await consul.query.list(), []);
  },

  async "what leaves is gone"() {
    await consul.agent.service.deregister("db-1");
    await consul.agent.service.deregister("web");
    assert.deepEqual(await consul.agent.service.list(), {});
    await until(async () => assert.equal((await consul.catalog.service.list()).db, undefined));
    assert.deepEqual(await consul.health.service("db"), []);
  },

  async "mistakes are told in the reference's words"() {
    await assert.rejects(consul.agent.service.register({ id: "x" }), /required|Missing service name/);
    await assert.rejects(consul.agent.check.pass("nope"), /CheckID "nope" does not have associated TTL/);
  },
};

(async () => {
  for (const [name, step] of Object.entries(steps)) {
    await step();
    console.log(`ok: ${name}`);
  }
})().catch((error) => {
  console.error(error.stack, error.response?.body ?? "");
  process.exit(1);
});
