// What fields, tables and charts are filled with. Written for this set alone.
export const people = ["Ingrid Solberg", "Tomasz Wolski", "Amara Okafor", "Yuki Tanabe", "Luca Ferrari", "Maeve Brennan", "Rafael Duarte", "Nadia Petrova", "Omar Haddad",
  "Freya Lindqvist", "Kofi Mensah", "Elise Moreau", "Dmitri Orlov", "Priya Raman", "Hugo Castellan", "Zofia Krawiec", "Aroha Ngata", "Bence Szabo"];
export const firsts = people.map((p) => p.split(" ")[0]);
export const cities = ["Bergen", "Porto", "Gdansk", "Osaka", "Valparaiso", "Tampere", "Nairobi", "Lyon", "Cork", "Hobart", "Leipzig", "Quito", "Busan", "Ghent", "Halifax", "Tunis"];
export const countries = ["Norway", "Portugal", "Poland", "Japan", "Chile", "Finland", "Kenya", "France", "Ireland", "Ecuador", "Belgium", "Tunisia", "Vietnam", "Iceland"];
export const goods = ["Desk lamp", "Notebook", "Water bottle", "Garden hose", "Tea kettle", "Phone case", "Umbrella", "Wall clock", "Bike pump", "Floor mat", "Soap dish", "Paint brush",
  "Door hinge", "Wool scarf", "Picnic basket", "Coffee filter"];
export const fruits = ["Apples", "Pears", "Cherries", "Plums", "Grapes", "Melons", "Lemons", "Figs", "Oranges", "Kiwis"];
export const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
export const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
export const teams = ["Design", "Sales", "Support", "Finance", "Legal", "Research", "Logistics", "Marketing", "Security"];
export const hosts = ["falcon", "osprey", "heron", "kestrel", "merlin", "egret", "plover", "curlew", "puffin", "avocet"];
export const documents = ["budget.xlsx", "minutes.odt", "photo-0412.jpg", "thesis-draft.tex", "inventory.csv", "poster.svg", "backup.tar.gz", "invoice-2291.pdf", "song.flac", "notes.txt",
  "config.yaml", "slides.key"];
export const folders = ["/srv/archive", "/media/maeve/Photos", "C:\\Projects\\Atlas", "/var/lib/books", "~/Pictures/Lofoten", "/mnt/usb0", "D:\\Exports", "/opt/weather"];
export const statuses = ["Active", "Paused", "Expired", "Pending", "Shipped", "Returned", "Closed", "Draft"];

export const money = (r) => {
  const v = r.chance(0.5) ? r.int(1, 99) : r.int(100, 9999);
  const s = `${v.toLocaleString("en-US")}.${String(r.int(0, 99)).padStart(2, "0")}`;
  return r.pick(["$", "$", "€", "£"]) + s;
};
export const date = (r) => r.pick([
  () => `${r.int(1, 28)} ${r.pick(months)} ${r.int(2019, 2026)}`,
  () => `${r.int(2019, 2026)}-${String(r.int(1, 12)).padStart(2, "0")}-${String(r.int(1, 28)).padStart(2, "0")}`,
  () => `${r.pick(months).slice(0, 3)} ${r.int(1, 28)}, ${r.int(2019, 2026)}`,
])();
export const time = (r) => `${String(r.int(0, 23)).padStart(2, "0")}:${String(r.int(0, 59)).padStart(2, "0")}`;
export const code = (r) => r.pick(["AB", "QX", "MR", "ZT", "KL"]) + "-" + r.int(1000, 9999);
export const email = (r) => {
  const [first, last] = r.pick(people).toLowerCase().split(" ");
  return `${first}.${last}@${r.pick(["example.org", "mail.example", "fjord.example", "atlas.example"])}`;
};
export const phone = (r) => `+${r.int(31, 49)} ${r.int(20, 99)} ${r.int(100, 999)} ${r.int(1000, 9999)}`;
export const address = (r) => `${r.int(1, 240)} ${r.pick(["Harbour", "Mill", "Station", "Orchard", "Chapel", "Bridge"])} ${r.pick(["Street", "Lane", "Road"])}`;
