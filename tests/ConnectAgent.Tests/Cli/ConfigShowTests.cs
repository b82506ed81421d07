using System.Text.Json.Nodes;
using ConnectAgent.Cli;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Cli;

/// <summary><c>config show</c>: what holds, and where it was said (config-and-cli LOAD-6).</summary>
public sealed class ConfigShowTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_value_is_shown_with_the_file_and_the_line_of_its_key()
    {
        Write("a.hcl", """
            # who it is
            node_name = "one"
            datacenter = "EAST"

            node_meta {
              rack = "7"
              row  = "1"
            }
            http_config {
              allow_write_http_from = [
                "10.0.0.0/8",
                "127.0.0.0/8",
              ]
            }
            services {
              name = "web"
            }
            services {
              name = "db"
              port = 5432
            }
            max_query_time = "90s"
            """);
        Write("b.json", """
            {
              "node_meta": { "row": "2" },
              "http_config": { "allow_write_http_from": ["192.168.0.0/16"] },
              "log_level":
                "warn"
            }
            """);
        var lines = await ShowAsync("-config-dir", _folder.Path, "-dev", "-http-port", "18500", "-hcl", "\nenable_debug = false");
        lines.Should().Contain(
            "datacenter = \"east\"  # a.hcl:3",
            "http_config.allow_write_http_from[0] = \"10.0.0.0/8\"  # a.hcl:11",
            "http_config.allow_write_http_from[1] = \"127.0.0.0/8\"  # a.hcl:12",
            "http_config.allow_write_http_from[2] = \"192.168.0.0/16\"  # b.json:3",
            "node_meta.rack = \"7\"  # a.hcl:6",
            "node_meta.row = \"2\"  # b.json:2",
            "services[0] = {\"name\":\"web\"}  # a.hcl:15",
            "services[1] = {\"name\":\"db\",\"port\":5432}  # a.hcl:18",
            "max_query_time = \"1m30s\"  # a.hcl:22",
            "log_level = \"WARN\"  # b.json:4",
            "ports.http = 18500  # flag -http-port",
            "enable_debug = false  # -hcl:2",
            "server = true  # default",
            "default_query_time = \"5m0s\"  # default",
            "connect.ca_provider = \"consul\"  # default",
            "connect.ca_config.leaf_cert_ttl = \"72h0m0s\"  # default",
            "connect.ca_config.root_cert_ttl = \"87600h0m0s\"  # default",
            "connect.ca_config.csr_max_per_second = 50  # default",
            "connect.ca_config.private_key_type = \"ec\"  # default",
            "connect.ca_config.private_key_bits = 256  # default",
            "tls_min_version = \"tls12\"  # default");
        lines.Should().OnlyHaveUniqueItems().And.NotContain(line => line.StartsWith("node_meta.row = \"1\"", StringComparison.Ordinal), "a later file wins");
    }

    [Fact]
    public async Task No_secret_is_shown_wherever_it_stands()
    {
        Write("a.hcl", """
            acl {
              enabled = true
              tokens { initial_management = "s3cret-1" agent = "s3cret-2" replication = "s3cret-3" }
            }
            acl_token = "s3cret-4"
            encrypt = "s3cret-5"
            connect { ca_config { some_token = "s3cret-6" } }
            service {
              name = "web"
              token = "s3cret-7"
              check { http = "http://user:s3cret-8@127.0.0.1/x" interval = "10s" header { Authorization = ["s3cret-9"] X-Api-Key = ["s3cret-10"] } }
            }
            retry_join = ["provider=aws tag_key=x secret_access_key=s3cret-11"]
            watches = [{ type = "services" token = "s3cret-12" args = ["true"] }]
            """);
        var text = string.Join('\n', await ShowAsync("-config-file", Path.Combine(_folder.Path, "a.hcl"), "-dev"));
        text.Should().NotContain("s3cret");
        text.Should().Contain("acl.tokens.default = \"<hidden>\"  # a.hcl:5", "an old spelling is shown as what it stands for")
            .And.Contain("acl.tokens.replication = \"<hidden>\"  # a.hcl:3, without effect")
            .And.Contain("http://<hidden>@127.0.0.1/x").And.Contain("encrypt = \"<hidden>\"");
    }

    [Fact]
    public async Task As_JSON_it_is_the_same()
    {
        Write("a.json", """{"retry_join":["10.0.0.1"],"log_json":true}""");
        using StringWriter output = new(), errors = new();
        (await CommandRunner.RunAsync(["config", "show", "-dev", "-format=json", _folder.Path], output, errors)).Should().Be(0, errors.ToString());
        var values = JsonNode.Parse(output.ToString())!.AsArray();
        var json = values.Single(value => (string)value!["Key"]! == "log_json")!;
        ((bool)json["Value"]!, (int)json["Line"]!, (bool)json["HasEffect"]!).Should().Be((true, 1, true));
        ((bool)values.Single(value => (string)value!["Key"]! == "retry_join")!["HasEffect"]!).Should().BeFalse();
        errors.ToString().Should().Be("retry_join is accepted and has no effect\n", "the warnings of a start are beside it");
    }

    [Fact]
    public async Task A_configuration_that_is_refused_is_not_shown()
    {
        Write("a.json", """{"bogus":1}""");
        using StringWriter output = new(), errors = new();
        (await CommandRunner.RunAsync(["config", "show", "-dev", _folder.Path], output, errors)).Should().Be(1);
        (output.ToString(), errors.ToString()).Should().Be((string.Empty, $"failed to parse {_folder.Path}/a.json: 1 error occurred:\n\t* invalid config key bogus\n\n\n"));
    }

    private void Write(string name, string content) => File.WriteAllText(Path.Combine(_folder.Path, name), content);

    private async Task<string[]> ShowAsync(params string[] arguments)
    {
        using StringWriter output = new(), errors = new();
        (await CommandRunner.RunAsync(["config", "show", .. arguments], output, errors)).Should().Be(0, errors.ToString());
        return output.ToString().Replace(_folder.Path + "/", string.Empty, StringComparison.Ordinal).TrimEnd('\n').Split('\n');
    }
}
