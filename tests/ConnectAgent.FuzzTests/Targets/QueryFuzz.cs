using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The query string (http-conventions HTTP-4 to HTTP-6).</summary>
internal sealed class QueryFuzz : FuzzTarget
{
    public override string Name => "query";

    public override IReadOnlyList<string> Words =>
        ["&", "=", ";", "+", "%", "%20", "%26", "%3D", "%zz", "%C3%A9", "%ff", "token=", "dc=", "filter=", "index=", "wait=", "stale", "pretty", "&&", "=="];

    public override bool Run(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        if (WireQuery.Parse(text) is not { } query)
        {
            Require(text.Contains(';', StringComparison.Ordinal) || text.Contains('%', StringComparison.Ordinal), "refused without a reason");
            return false;
        }

        Require(query.Pairs.Count <= 1 + text.Count(letter => letter == '&'), "more pairs than were sent");
        Require(query.Pairs.Sum(pair => pair.Name.Length + pair.Value.Length) <= text.Length, "decoding makes it longer");
        foreach (var (name, _) in query.Pairs.Take(4))
        {
            Require(query.Has(name) && query.All(name)[0] == query.First(name), "a name that is there is not found");
        }

        // What was understood, written again, is understood the same.
        var again = WireQuery.Parse(string.Join('&', query.Pairs.Select(pair => $"{Escape(pair.Name)}={Escape(pair.Value)}")));
        Require(again is not null && again.Pairs.SequenceEqual(query.Pairs), "written again, it says something else");
        return true;
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);
}
