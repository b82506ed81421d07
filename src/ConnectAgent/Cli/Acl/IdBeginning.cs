using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Acl;

/// <summary>IDs of ACL objects may be given by their beginning, as long as only one begins so.</summary>
internal static class IdBeginning
{
    private const int FullLength = 36;

    /// <summary>The ID that begins so; a whole one is asked nobody about.</summary>
    /// <param name="call">The command.</param>
    /// <param name="begin">As given.</param>
    /// <param name="list">The path of the list of all.</param>
    /// <param name="failure">What errors begin with.</param>
    /// <param name="what">What it is the ID of.</param>
    /// <param name="member">Where the list has it.</param>
    /// <exception cref="CommandFailure">There is none, or more than one.</exception>
    public static async Task<string> ResolveAsync(Invocation call, string begin, string list, string failure, string what, string member = "ID")
    {
        if (begin.Length == FullLength)
        {
            return begin;
        }

        var all = await call.AskAsync(ApiRequest.Get(list), failure);
        return all.AsItems().Select(item => item.Text(member)).Where(id => id.StartsWith(begin, StringComparison.Ordinal)).ToList() switch
        {
            [] => throw new CommandFailure($"{failure}No such {what} ID with prefix: {begin}"),
            [var id] => id,
            _ => throw new CommandFailure($"{failure}Multiple {what} IDs with prefix: {begin}"),
        };
    }
}
