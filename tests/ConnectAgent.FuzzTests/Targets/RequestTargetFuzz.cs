using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The request target: split, decoded, cleaned (http-conventions PATH-1 to PATH-5).</summary>
internal sealed class RequestTargetFuzz : FuzzTarget
{
    public override string Name => "request-target";

    public override IReadOnlyList<string> Words =>
        ["/", "//", "/..", "/../", "/./", "/.", "?", "#", "%2F", "%2e%2e", "%00", "%", "%zz", "%C3%A9", "%c0%ae", "http://", "://", "/v1/", "*", ";", "\\"];

    public override bool Run(byte[] input)
    {
        var target = Encoding.Latin1.GetString(input);
        var (path, query) = WireTarget.Split(target);
        Require(path.StartsWith('/'), "a path without its slash");
        Require(!path.Contains('?', StringComparison.Ordinal), "a path with a query in it");
        Require(path.Length + query.Length <= target.Length + 1, "the parts are longer than the whole");
        if (!WireTarget.TryDecodePath(path, out var decoded))
        {
            return false;
        }

        Require(decoded.Length <= path.Length, "decoding makes it longer");
        var cleaned = WireTarget.Clean(path) ?? path;
        Require(WireTarget.Clean(cleaned) is null, "a cleaned path that is not clean");
        Require(cleaned.StartsWith('/'), "cleaning takes the first slash");
        Require(!cleaned.Split('/').Any(static segment => segment is "." or ".."), "a cleaned path that goes up");
        Require(WireTarget.TryDecodePath(cleaned, out _), "a cleaned path that cannot be decoded");
        return GoQuote.IsPrintable(cleaned);
    }
}
