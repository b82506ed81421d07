using System.Text;
using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The rules of policies, HCL and JSON (acl section 4).</summary>
internal sealed class AclRulesFuzz : FuzzTarget
{
    public override string Name => "acl-rules";

    public override IReadOnlyList<string> Words =>
    [
        "service", "service_prefix", "key_prefix", "operator", "acl", "agent", "policy", "intentions", "\"\"", "\"web\"", "\"read\"", "\"write\"", "\"deny\"", "\"list\"", "{", "}", "[", "]",
        "=", ":", ",", "\n", "# x\n", "// x\n", "/*", "*/", "<<EOF\n", "\nEOF\n", "<<-E\n", "${", "}", "\\u00e9", "\\x", "0x1F", "1e9", "true", "\"\\ud800\"", "{\"service\":", "[{",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(ServerException)];

    public override long WorkPerByte => 4_096;

    public override bool Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        List<string> unknown = [];
        PolicyRulesReader.Read(text, unknown.Add);
        Require(unknown.Sum(kind => kind.Length) <= 4 * text.Length, "more unknown kinds than were written");
        return true;
    }
}
