using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Hcl;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>HCL, of rules and of configuration files (config-and-cli LOAD-5, acl ACL-RULE-1).</summary>
internal sealed class HclFuzz : FuzzTarget
{
    public override string Name => "hcl";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", "=", ",", "\"", "\\u00e9", "\\x", "<<E\n", "<<-E\n", "\nE\n", "# ", "// ", "/*", "*/", "true", "0x1F", "010", "-1", "1e9", "a", "\"b c\"", "service \"web\" ", "${", "\"${f(\"",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(HclException)];

    /// <summary>So many are promised; each takes microseconds.</summary>
    public override int Inputs => 100_000;

    public override long FreeWork => 64 * 1024;

    public override long WorkPerByte => 2_048;

    public override bool Run(byte[] input) => HclJson.Convert(Encoding.UTF8.GetString(input)).Length > 0;
}
