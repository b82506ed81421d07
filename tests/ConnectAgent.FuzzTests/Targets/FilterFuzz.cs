using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>Filter expressions over intentions, and what they do to one (http-conventions FLT-4 to FLT-8).</summary>
internal sealed class FilterFuzz : FuzzTarget
{
    private static readonly Intention Item = new()
    {
        SourceName = "api",
        DestinationName = "web",
        Action = "allow",
        Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "a b" },
    };

    public override string Name => "filter";

    public override IReadOnlyList<string> Words =>
    [
        "SourceName", "DestinationName", "Meta", "Meta.team", "Precedence", " == ", " != ", " in ", " not in ", " contains ", " is empty", " is not empty", " matches ",
        " not matches ", " and ", " or ", "not ", "(", ")", "\"", "`", "\"a\"", "`a+`", "`(a|b){1,9}`", "`[^a-z]`", "`\\\\pL`", "`x*`", "{1000}", "+", "|", "/", "\\", ".",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(FilterException)];

    // A pattern becomes an automaton, whose size has a bound of its own (filter.pattern_unfolded).
    public override long FreeWork => 32 << 20;

    public override bool Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        if (text.Length == 0)
        {
            return false;
        }

        var filter = FilterExpression<Intention>.Parse(text, IntentionFilter.Schema);
        Require(filter.Matches(Item) == filter.Matches(Item), "two answers to one question");
        return true;
    }
}
