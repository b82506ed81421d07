using ConnectAgent.Configuration;
using ConnectAgent.FuzzTests.Harness;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>A configuration file, from its JSON to the checked configuration (config-and-cli LOAD-2 to LOAD-5, section 2).</summary>
internal sealed class ConfigurationFuzz : FuzzTarget
{
    public override string Name => "configuration";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ":", ",", "null", "true", "\"\"", "\"10s\"", "\"node_name\"", "\"connect\"", "\"ca_config\"", "\"leaf_cert_ttl\"", "\"acl\"", "\"tokens\"",
        "\"ports\"", "\"http\"", "\"addresses\"", "\"unix:///x\"", "\"limits\"", "\"http_max_conns_per_client\"", "\"connect_agent\"", "\"cache_max_entries\"",
        "\"servers\"", "\"http://127.0.0.1:8500\"", "\"server\"", "\"http_config\"", "\"response_headers\"", "\"cache\"", "\"entry_fetch_rate\"", "\"\\ud800\"", "\"\\u0000\"",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(ConfigurationException)];

    // Every key has its place in what is built.
    public override long FreeWork => 512 * 1024;

    public override long WorkPerByte => 2_048;

    public override bool Run(byte[] input)
    {
        var values = new ConfigValues();
        ConfigFile.Merge("fuzz.json", input, values);

        // Whatever it says, nothing is made or read where it says.
        values.Set(NodeKeys.DataDirectory, null);
        AgentConfiguration.Build(values, devMode: true);
        return true;
    }
}
