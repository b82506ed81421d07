using System.CommandLine;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Inspection;

/// <summary><c>revoke</c>: takes certificates out of use, shows what is revoked, and takes it back.</summary>
internal static class RevokeCommand
{
    private const string Path = "/v1/connect/ca/revoke";

    private static readonly Option<string?> Serial = Flag.Text("serial", "The serial number of one certificate, in hex.");
    private static readonly Option<string?> Identity = Flag.Text("spiffe-id", "The SPIFFE ID of a service: all its certificates up to now.");
    private static readonly Option<string?> SignedIn = Flag.Text("signed-in", "The datacenter that signed the certificate of -serial; the server's own unless it is said.");
    private static readonly Option<string?> ValidBefore = Flag.Text("valid-before", "The end of the certificate of -serial, as its agent shows it; the entry is kept until then.");
    private static readonly Option<string?> IssuedBefore = Flag.Text("issued-before", "Only certificates of -spiffe-id that were signed before this time.");
    private static readonly Option<bool> Undo = Flag.Switch("undo", "Takes a revocation back.");
    private static readonly Option<bool> List = Flag.Switch("list", "Shows what is revoked.");
    private static readonly Option<string?> Format = Flag.Format();

    public static CliCommand Create() => CliCommand.Asking(
        "revoke", "Revokes a certificate, or all that a service has.", "revoke -serial 0a:1b:2c", RunAsync,
        Serial, Identity, SignedIn, ValidBefore, IssuedBefore, Undo, List, Format);

    private static Task<int> RunAsync(Invocation call)
    {
        var isJson = call.IsJson(Format);
        if (call.Of(List))
        {
            return ListAsync(call, isJson);
        }

        return call.Given(Serial) is null == call.Given(Identity) is null
            ? throw new CommandFailure("Exactly one of -serial and -spiffe-id must be given; -list shows what is revoked")
            : call.Of(Undo) ? UndoAsync(call) : RevokeAsync(call, isJson);
    }

    private static async Task<int> RevokeAsync(Invocation call, bool isJson)
    {
        var body = JsonShape.Body(writer =>
        {
            writer.WriteStartObject();
            Write("SerialNumber", Serial);
            Write("SpiffeID", Identity);
            Write("Datacenter", SignedIn);
            Write("ValidBefore", ValidBefore);
            Write("IssuedBefore", IssuedBefore);
            writer.WriteEndObject();

            void Write(string name, Option<string?> flag)
            {
                if (call.Given(flag) is { } value)
                {
                    writer.WriteString(name, value);
                }
            }
        });
        var entry = await call.AskAsync(ApiRequest.Put(Path).With(body), "Error revoking: ");
        return call.Done(isJson ? JsonShape.Print(entry) : $"Revoked: {WhatOf(entry)}; the entry is kept until {entry.Text("ExpiresAt")}");
    }

    private static async Task<int> UndoAsync(Invocation call)
    {
        await call.SendAsync(
            ApiRequest.Delete(Path).With("serial", call.Given(Serial)).With("spiffe_id", call.Given(Identity)).With("datacenter", call.Given(SignedIn)),
            "Error taking the revocation back: ");
        return call.Done("Taken back.");
    }

    private static async Task<int> ListAsync(Invocation call, bool isJson)
    {
        var revoked = await call.AskAsync(ApiRequest.Get("/v1/connect/ca/revoked"), "Error reading the revocations: ");
        return isJson
            ? call.Done(JsonShape.Print(revoked))
            : call.Table([
                ["Revoked", "RevokedAt", "ExpiresAt"],
                .. revoked.Items("Revoked").Select(static entry => new[] { WhatOf(entry), entry.Text("RevokedAt"), entry.Text("ExpiresAt") }),
            ]);
    }

    private static string WhatOf(JsonElement entry) => entry.Text("SerialNumber") is { Length: > 0 } serial
        ? $"serial number {serial} of {entry.Text("Datacenter")}"
        : $"{entry.Text("SpiffeID")} up to {entry.Text("IssuedBefore")}";
}
